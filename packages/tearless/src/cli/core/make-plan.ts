// From a command's options to a plan: what is declared, with what the command line overrides, against what is observed.

import { suggest } from '../../base/did-you-mean.ts';
import type { JsonObject } from '../../base/json.ts';
import { parseSerial } from '../../change/batches.ts';
import { checkObstacles } from '../../change/obstacles.ts';
import type { Plan } from '../../change/plan.ts';
import type { Desired, DesiredRelay } from '../../config/desired.ts';
import { parseSelector, type Selector } from '../../config/selector.ts';
import type { FleetExtras } from '../../daemon/fleet-extras.ts';
import type { FleetObservation } from '../../relays/fleet-observation.ts';
import { planFleet } from '../../relays/plan-fleet.ts';
import { usageError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import type { FleetHosts } from './fleet.ts';
import { kinds } from './kinds.ts';
import { hostsOf, observeBaseline, observeFleet, observeNetwork } from './observe.ts';
import { type PlanOptionValues, requestOptions } from './plan-options.ts';

/**
 * @param option that it was given with, for the error; empty where it stands alone
 * @throws CliError `cli-usage` for a selector that is none or matches no relay
 */
export const readLimit = (desired: Desired, text: string | undefined, option = 'limit'): Selector => {
  if (text === undefined) return () => true;
  const given = option === '' ? '' : `--${option} `;
  let selector: Selector;
  try {
    selector = parseSelector(text);
  } catch (error) {
    throw usageError(
      `${given}${text}: ${error instanceof Error ? error.message : error}`,
      `such as ${given}host=h1 or ${given}h1/a*`,
    );
  }
  if (!desired.relays.some(selector)) {
    const names = desired.relays.flatMap(({ id, host }) => [id, `host=${host}`]);
    // The name of a host alone is what people try first.
    const near = desired.relays.some(({ host }) => host === text) ? `host=${text}` : suggest(text, names);
    throw usageError(
      `${given}${text} matches none of the ${desired.relays.length} relays`,
      `${near === undefined ? '' : `did you mean ${given}${near}? `}'tearless relay ls' shows them`,
    );
  }
  return selector;
};

const override = (desired: Desired, options: PlanOptionValues): Desired => {
  const maxFail = options['max-fail'];
  if (maxFail !== undefined && !/^\d+$/.test(maxFail))
    throw usageError(`--max-fail ${maxFail} is no whole number`, 'such as --max-fail 2');
  const unknown = options.gate?.find((gate) => gate !== 'consensus');
  if (unknown !== undefined) throw usageError(`there is no gate '${unknown}' to ask for`, '--gate consensus');
  const serial =
    options.serial === undefined
      ? undefined
      : parseSerial(options.serial).map((size) => (size.kind === 'count' ? size.count : `${size.percent}%`));
  return {
    ...desired,
    restart: {
      ...desired.restart,
      ...(serial === undefined ? {} : { serial }),
      ...(maxFail === undefined ? {} : { maxFail: Number(maxFail) }),
      ...(options.gate === undefined ? {} : { consensusGate: true }),
      ...(options['avoid-flag-loss'] === true ? { avoidFlagLoss: true } : {}),
    },
  };
};

/** `20260109-140211`: plans sort by time. */
const planIdAt = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');

/** Traffic figures that a saved plan was made with: a plan made now is compared with the same. */
const baselineOf = (plan: Plan): Map<string, number> =>
  new Map(
    plan.items.flatMap((item) =>
      item.gates.flatMap(({ params: { baselineBytesPerSecond } }) =>
        typeof baselineBytesPerSecond === 'number' ? [[item.id, baselineBytesPerSecond] as const] : [],
      ),
    ),
  );

const measureBaseline = async (
  fleet: FleetHosts,
  observation: Awaited<ReturnType<typeof observeFleet>>,
  limit: (relay: DesiredRelay) => boolean,
  context: CommandContext,
) =>
  fleet.desired.network === 'public'
    ? observeBaseline(fleet, observation, fleet.desired.relays.filter(limit), context)
    : new Map<string, number>();

const requestOf = (options: PlanOptionValues): JsonObject =>
  Object.fromEntries(
    Object.keys(requestOptions).flatMap((name) => {
      const value = options[name as keyof typeof requestOptions];
      return value === undefined ? [] : [[name, typeof value === 'object' ? [...value] : value]];
    }),
  );

/**
 * A plan made now as the saved one was asked for: what it is compared with.
 * @throws CliError `cli-usage` when the command line asks for something else than the saved plan
 */
export const makePlanLike = (
  saved: Plan,
  fleet: FleetHosts,
  options: PlanOptionValues,
  context: CommandContext,
): Promise<Plan> => {
  const experiment = saved.request?.experiment;
  if (typeof experiment === 'string') {
    const verb = saved.request?.conclude === true ? 'conclude' : 'start';
    throw usageError(
      `this plan is of the experiment ${experiment}: there is more to it than to apply it`,
      `'tearless experiment ${verb} ${experiment} FILE'`,
    );
  }
  if (saved.request?.balance !== undefined)
    throw usageError('this plan is of onion services, not of relays', "'tearless balance deploy --plan FILE'");
  const extra = Object.keys(requestOf(options)).map((name) => `--${name}`);
  if (extra.length > 0)
    throw usageError(`a saved plan is applied as it is: ${extra.join(', ')} cannot change it`, 'plan again with them');
  return makePlan(fleet, (saved.request ?? {}) as PlanOptionValues, context, saved);
};

/**
 * @param saved the plan to compare with, where there is one: its measurements are taken over
 * @param findExtras what shall be done besides what is declared, from what was seen
 */
export const makePlan = async (
  fleet: FleetHosts,
  options: PlanOptionValues,
  context: CommandContext,
  saved?: Plan,
  findExtras?: (observation: FleetObservation, desired: Desired) => FleetExtras,
): Promise<Plan> => {
  const desired = override(fleet.desired, options);
  const limit = readLimit(desired, options.limit);
  const grouped = new Set(desired.shareGroups.flatMap(({ relays }) => relays));
  const looked = desired.relays.filter((relay) => limit(relay) || grouped.has(relay.id));
  const observation = await observeFleet(fleet, hostsOf(looked), context);
  const network = await observeNetwork(fleet, observation, context);
  const createdAtMs = context.surroundings.clock.now();
  const input = {
    desired,
    observation,
    network,
    limit,
    acceptHsDirLoss: options['accept-hsdir-loss'] === true,
    request: requestOf(options),
    planId: saved?.id ?? planIdAt(createdAtMs),
    createdAtMs,
    ...(findExtras === undefined ? {} : { extras: findExtras(observation, desired) }),
  };
  if (saved !== undefined) return planFleet({ ...input, baseline: baselineOf(saved) });
  const draft = planFleet({ ...input, baseline: new Map() });
  const { clock } = context.surroundings;
  const hosts = (name: string) => fleet.hosts.get(name);
  await checkObstacles(draft, { hosts, registry: kinds(), clock, signal: context.signal });
  // Ten seconds of measuring are spent only when something will restart.
  if (draft.cost.restarts === 0) return draft;
  const changing = new Set(draft.items.map(({ id }) => id));
  const baseline = await measureBaseline(fleet, observation, (relay) => changing.has(relay.id), context);
  return planFleet({ ...input, baseline });
};
