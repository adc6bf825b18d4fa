// What the start of an experiment does besides what its arms declare: every relay of it restarts once, control included, in
// one random order; arms that are restarted on purpose get their timers at the end. Says what of that is done already. Pure.

import type { ChangeItem } from '../../change/plan.ts';
import { listAssigned } from '../../config/experiments.ts';
import type { ExperimentConfig } from '../../config/schema.ts';
import type { FleetExtras, RelayExtra } from '../../daemon/fleet-extras.ts';
import type { HostFacts, InstanceFacts } from '../../facts/observed.ts';
import { restartOrder } from './assignment.ts';
import { DesignError } from './design-error.ts';
import { planRestartTimer, renderRestartTimer } from './restart-timer.ts';

export interface StartInput {
  readonly name: string;
  readonly experiment: ExperimentConfig;
  /** When the start began: processes from before it are restarted. */
  readonly startingMs: number;
  readonly hosts: ReadonlyMap<string, HostFacts>;
  /** By our own clock, when the facts were read. */
  readonly nowMs: number;
  /** Relays of arms with live updates that have theirs, with when. Default none. */
  readonly updated?: ReadonlyMap<string, number>;
}

/** The arms whose relays are updated while they run, and are not restarted. */
export const liveArms = ({ arms }: Pick<ExperimentConfig, 'arms'>): Set<string> =>
  new Set(Object.entries(arms).flatMap(([arm, { action }]) => (action === 'live-update' ? [arm] : [])));

/** How far a start has come. */
export interface StartProgress {
  /** Relays that have their treatment: their process began after the start did, or took its live update. */
  readonly restarted: readonly string[];
  readonly waiting: readonly string[];
  /** Relays of arms that are restarted on purpose whose timer does not run yet. */
  readonly timersMissing: readonly string[];
  /** When the last of them got it, by our clock. */
  readonly lastRestartMs: number | undefined;
}

/** Clocks of hosts and ours differ a little, and reading takes a moment. */
const clockSlackMs = 5_000;

const findInstance = (hosts: StartInput['hosts'], relay: string): [HostFacts, InstanceFacts] | undefined => {
  const [host = '', name = ''] = relay.split('/');
  const facts = hosts.get(host);
  const instance = facts?.instances.find((candidate) => candidate.name === name);
  return facts === undefined || instance === undefined ? undefined : [facts, instance];
};

/** By our clock: hosts tell how long ago it was. */
const processStartMs = (facts: HostFacts, instance: InstanceFacts, nowMs: number): number =>
  nowMs - (facts.hostTimeMs - instance.activeEnterMs);

export const readProgress = ({ experiment, startingMs, hosts, nowMs, updated }: StartInput): StartProgress => {
  const live = liveArms(experiment);
  const restarted: string[] = [];
  const waiting: string[] = [];
  const timersMissing: string[] = [];
  let lastRestartMs: number | undefined;
  // Relays that a timer restarts have newer starts than the one that began the experiment.
  let lastTimedMs: number | undefined;
  for (const { relay, arm } of listAssigned(experiment)) {
    if (live.has(arm)) {
      const atMs = updated?.get(relay);
      if (atMs === undefined) waiting.push(relay);
      else {
        restarted.push(relay);
        lastRestartMs = Math.max(lastRestartMs ?? 0, atMs);
      }
      continue;
    }
    const [facts, instance] = findInstance(hosts, relay) ?? [];
    const beganMs =
      facts === undefined || instance === undefined || instance.process === undefined || instance.activeEnterMs === 0
        ? undefined
        : processStartMs(facts, instance, nowMs);
    if (beganMs !== undefined && beganMs >= startingMs - clockSlackMs) {
      restarted.push(relay);
      if (experiment.arms[arm]?.restartEvery === undefined) lastRestartMs = Math.max(lastRestartMs ?? 0, beganMs);
      else lastTimedMs = Math.max(lastTimedMs ?? 0, beganMs);
    } else waiting.push(relay);
    if (experiment.arms[arm]?.restartEvery === undefined) continue;
    const { timerUnit } = renderRestartTimer({
      instance: relay.split('/')[1] ?? '',
      experiment: '',
      everyMs: 1,
      firstMs: 1,
    });
    const timer = facts?.timers.find(({ unit }) => unit === timerUnit);
    if (timer?.activeState !== 'active') timersMissing.push(relay);
  }
  return { restarted, waiting, timersMissing, lastRestartMs: lastRestartMs ?? lastTimedMs };
};

/** Timers of an arm are spread over its interval, in the order in which its relays restart. */
const planTimers = (
  { name, experiment }: StartInput,
  order: readonly string[],
  missing: readonly string[],
): ChangeItem[] => {
  const armOf = new Map(listAssigned(experiment).map(({ relay, arm }) => [relay, arm]));
  return Object.entries(experiment.arms).flatMap(([arm, { restartEvery }]) => {
    if (restartEvery === undefined) return [];
    const relays = order.filter((relay) => armOf.get(relay) === arm);
    return relays.flatMap((relay, index) => {
      if (!missing.includes(relay)) return [];
      const [host = '', instance = ''] = relay.split('/');
      const firstMs = (restartEvery * (index + 1)) / relays.length;
      return [planRestartTimer(host, { instance, experiment: name, everyMs: restartEvery, firstMs })];
    });
  });
};

/**
 * What the plan of a start does besides. Relays that have restarted since it began are left alone, so that the same call
 * finishes a start that was cut off.
 * @param withTimers false while some relays must wait for a later call: a timer would restart them before their treatment
 */
export const planStart = (input: StartInput, withTimers = true): FleetExtras => {
  const { name, experiment } = input;
  const progress = readProgress(input);
  const order = restartOrder(experiment);
  const live = liveArms(experiment);
  const armOf = new Map(listAssigned(experiment).map(({ relay, arm }) => [relay, arm]));
  const restarting = progress.waiting.filter((relay) => !live.has(armOf.get(relay) ?? ''));
  const why = `begins the experiment ${name}`;
  return {
    relays: new Map(restarting.map((relay): [string, RelayExtra] => [relay, { restart: why }])),
    order,
    after: withTimers ? planTimers(input, order, progress.timersMissing) : [],
  };
};

/**
 * @param build which build live updates take relays to; undefined: not said
 * @throws DesignError `experiment-unknown`, `experiment-no-build`, `experiment-mixed-arm`, `experiment-started`, `experiment-concluded`
 */
export const checkStart = (name: string, experiment: ExperimentConfig, build: string | undefined): void => {
  const refuse = (code: string, message: string, hint: string): never => {
    throw new DesignError({ kind: 'refused', code, message, hint, subject: name });
  };
  if (experiment.concluded !== undefined)
    refuse('experiment-concluded', `experiment ${name} was concluded at ${experiment.concluded}`, 'design a new one');
  if (experiment.started !== undefined)
    refuse(
      'experiment-started',
      `experiment ${name} runs since ${experiment.started}`,
      `'tearless experiment watch ${name}' shows how it stands`,
    );
  const live = [...liveArms(experiment)];
  const [first] = live;
  if (first !== undefined && build === undefined)
    refuse(
      'experiment-no-build',
      `arm ${live.join(', ')} of ${name} takes live updates, and nothing says to which build`,
      'name it with --to BUILD: relays of the other arms are restarted onto the same one',
    );
  if (first === undefined && build !== undefined)
    refuse('experiment-no-live-arm', `no arm of ${name} takes live updates`, 'leave --to away');
  for (const arm of live) {
    const { allocator, torrc, restartEvery } = experiment.arms[arm] ?? {};
    if (allocator !== undefined || torrc !== undefined || restartEvery !== undefined)
      refuse(
        'experiment-mixed-arm',
        `arm ${arm} of ${name} takes a live update and other changes, which need a restart`,
        'an arm with live updates has nothing but its action',
      );
  }
};
