// The plan of the one ordinary restart that takes relays onto a build for live updates: as any restart of a fleet is planned, with the
// build put in place before it.
import { resolve } from 'node:path';
import { sealPlan } from '../../../change/digest.ts';
import type { ChangeItem, Plan, Warning } from '../../../change/plan.ts';
import type { FleetExtras } from '../../../daemon/fleet-extras.ts';
import type { ShippedFile } from '../../../live/apply/params.ts';
import { type NamedBuild, placeSteps, versionGates } from '../../../live/apply/step-specs.ts';
import { LiveError } from '../../../live/live-error.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { makePlan } from '../make-plan.ts';
import type { PlanOptionValues } from '../plan-options.ts';
import { ensureInjector } from './ensure-injector.ts';
import { readNamedBuild } from './find-builds.ts';
import { readKeyPath } from './live-options.ts';
import { lookAtRunning } from './look-at-running.ts';
import { refuseUnstartable } from './refuse-unstartable.ts';
import { refuseUntrusted } from './refuse-untrusted.ts';

export interface AdoptWish {
  readonly relays: readonly string[];
  readonly to: string;
  readonly key: string | undefined;
  readonly plan: PlanOptionValues;
}

/** The item of a restart, with the build put in place before it; an item that restarts nothing stays as it is. */
export const takeUpBuild = (
  item: ChangeItem,
  instance: string,
  to: NamedBuild,
  by: { readonly key: string; readonly injector: ShippedFile; readonly deadline: number },
): ChangeItem => {
  const at = item.steps.findIndex(({ id }) => id === 'restart');
  if (at < 0) return item;
  const others = item.steps.slice(0, at).filter(({ kind }) => kind !== 'systemd.reload');
  return {
    ...item,
    steps: [...others, ...placeSteps(instance, to, by), ...item.steps.slice(at)],
    gates: [...item.gates, ...versionGates(instance, to.manifest.version, false, by.deadline)],
  };
};

/** @throws LiveError, CliError; what planning a fleet throws */
export const planAdopt = async (fleet: Fleet, wish: AdoptWish, context: CommandContext): Promise<Plan> => {
  const to = readNamedBuild(resolve(context.surroundings.cwd, wish.to));
  const key = readKeyPath(context, wish.key);
  const injector = await ensureInjector(context);
  const { relays } = await lookAtRunning(fleet, wish.relays, context);
  const { buildId, version, reserveLongs } = to.manifest;
  // One that runs it, from whatever update, needs no restart.
  const going = relays.filter(({ running }) => running !== undefined && running.build !== buildId);
  if (relays.length === 0) throw usageError('no relay is declared', "'tearless relay ls' shows them");
  const down = relays.flatMap(({ relay, running, trouble }): Warning[] => {
    const message = `${relay.id} is left out: ${trouble ?? 'it does not run'}`;
    return running === undefined ? [{ code: 'live-not-running', message, subjects: [relay.id] }] : [];
  });
  if (down.length === relays.length)
    throw new LiveError({
      kind: 'refused',
      code: 'live-not-running',
      message: down.map(({ message }) => message).join('\n'),
      subject: relays[0]?.relay.id ?? '',
      hint: 'start it first: only what runs can be proved to have restarted well',
    });
  const hosts = going.map(({ relay }) => relay.host);
  await refuseUntrusted(fleet, hosts, key, context);
  await refuseUnstartable(fleet, to, going, context);
  const byId = new Map(going.map((one) => [one.relay.id, one]));
  const extras: FleetExtras = {
    relays: new Map(going.map(({ relay }) => [relay.id, { restart: `takes up tor ${version} for live updates` }])),
  };
  const limit = wish.relays.join(',');
  const base = await makePlan(fleet, { ...wish.plan, limit }, context, undefined, () => extras);
  const { deadline } = fleet.desired.restart;
  const items = base.items.map((item): ChangeItem => {
    const one = byId.get(item.id);
    return one === undefined ? item : takeUpBuild(item, one.relay.instance, to, { key, injector, deadline });
  });
  const warning: Warning = {
    code: 'live-stock-takes-code',
    message:
      reserveLongs > 0
        ? `afterwards releases that put up to ${reserveLongs} longs into a struct are taken live; Debian’s own binary would take those alone that change no layout`
        : 'this build has no room in its structs: it takes releases that change no layout',
    subjects: [],
  };
  const { schema: _schema, digest: _digest, ...rest } = base;
  return sealPlan({
    ...rest,
    request: { live: 'adopt' },
    items,
    warnings: [...base.warnings, ...down, ...(items.length === 0 ? [] : [warning])],
  });
};
