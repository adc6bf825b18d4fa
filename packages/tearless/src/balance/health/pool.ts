// The health of all workers of one service: a pure state machine. Signals come in, states and events that people can read come
// out. A worker is in when its helper or its descriptor says so and a probe through Tor answers.
import type { HealthEvent, HealthSignal } from '../model/health.ts';
import type { WorkerState } from '../model/worker.ts';
import { judge, type Verdict } from './judge.ts';
import { forget, noteSignal, type WorkerMemory } from './memory.ts';
import type { HealthRules } from './rules.ts';

/** Plain values, so that it can be stored as JSON. */
export type HealthPool = Readonly<Record<string, WorkerMemory>>;

export interface HealthStep {
  readonly pool: HealthPool;
  readonly events: readonly HealthEvent[];
}

/** Brings the pool to the workers that are declared: those that are new start `out`, those that are gone are forgotten. */
export const declareWorkers = (pool: HealthPool, workers: readonly string[], atMs: number): HealthPool =>
  Object.fromEntries(workers.map((worker) => [worker, pool[worker] ?? forget(atMs)]));

/**
 * What was remembered over a restart: nobody has heard the helpers since, so they count as lost now until they speak. Those that
 * the configuration has no more are forgotten.
 */
export const recallHealth = (memory: WorkerMemory, hasHelper: boolean, nowMs: number): WorkerMemory => {
  const { helper } = memory;
  if (helper === null || !hasHelper) return { ...memory, helper: null };
  return { ...memory, helper: { ...helper, lostMs: helper.lostMs ?? nowMs } };
};

/** Takes in what was heard of one worker. Signals of workers that are not declared change nothing. */
export const hear = (pool: HealthPool, worker: string, signal: HealthSignal, rules: HealthRules): HealthStep => {
  const memory = pool[worker];
  if (memory === undefined) return { pool, events: [] };
  return decide({ ...pool, [worker]: noteSignal(memory, signal, rules) }, worker, signal.atMs, rules);
};

/** Takes in that time has passed: holds end, descriptors run out, a lost helper's last word is used up. */
export const passTime = (pool: HealthPool, nowMs: number, rules: HealthRules): HealthStep => {
  let step: HealthStep = { pool, events: [] };
  for (const worker of Object.keys(pool)) {
    const next = decide(step.pool, worker, nowMs, rules);
    step = { pool: next.pool, events: [...step.events, ...next.events] };
  }
  return step;
};

/** When time alone changes something next: call passTime then. Null: never. */
export const nextHealthChangeMs = (pool: HealthPool, nowMs: number, rules: HealthRules): number | null => {
  const times = Object.values(pool).flatMap(({ heldUntilMs, descriptorUntilMs, helper, answeredMs }) => [
    heldUntilMs,
    descriptorUntilMs,
    helper !== null && helper.lostMs !== null ? helper.lostMs + rules.lostHelperMs : null,
    answeredMs !== null && helper !== null && helper.lostMs !== null ? answeredMs + rules.answerHoldsMs : null,
  ]);
  const coming = times.filter((time) => time !== null && time > nowMs) as number[];
  return coming.length === 0 ? null : Math.min(...coming);
};

const decide = (pool: HealthPool, worker: string, nowMs: number, rules: HealthRules): HealthStep => {
  const memory = pool[worker];
  if (memory === undefined) return { pool, events: [] };
  const verdict = judge(memory, nowMs, rules);
  // One bad path must not take a service down: what it says of more than half of the workers is about the path.
  const { blamedPath } = verdict;
  const isPathDoubted =
    memory.state === 'in' &&
    !verdict.isUp &&
    blamedPath !== null &&
    countRemovedBy(pool, blamedPath) + 1 > Math.floor(Object.keys(pool).length / 2);
  if (isPathDoubted) {
    if (memory.doubtedPath === blamedPath) return { pool, events: [] };
    const why = `stays in: ${verdict.why}, but ${blamedPath} may not take out more than half of the workers`;
    return {
      pool: { ...pool, [worker]: { ...memory, doubtedPath: blamedPath } },
      events: [{ kind: 'worker.in', worker, atMs: nowMs, why }],
    };
  }
  const next = enter({ ...memory, doubtedPath: null }, verdict, nowMs, rules);
  const changed = { ...pool, [worker]: next };
  if (next.state === memory.state) return { pool: changed, events: [] };
  return { pool: changed, events: [{ kind: eventKinds[next.state], worker, atMs: nowMs, why: next.why }] };
};

const countRemovedBy = (pool: HealthPool, path: string): number =>
  Object.values(pool).filter(({ state, removedBy }) => state !== 'in' && removedBy === path).length;

const eventKinds = {
  in: 'worker.in',
  held: 'worker.held',
  out: 'worker.out',
  draining: 'worker.draining',
} as const satisfies Record<WorkerState, HealthEvent['kind']>;

const enter = (memory: WorkerMemory, verdict: Verdict, nowMs: number, rules: HealthRules): WorkerMemory => {
  const { isUp, why, blamedPath } = verdict;
  const { state, heldUntilMs, lastOutMs, timesOut } = memory;
  const to = (next: WorkerState, more: Partial<WorkerMemory>): WorkerMemory => {
    const sinceMs = next === state ? memory.sinceMs : nowMs;
    return { ...memory, heldUntilMs: null, removedBy: null, why, ...more, state: next, sinceMs };
  };
  if (memory.isDraining) return to('draining', {});
  const isLately = lastOutMs !== null && nowMs - lastOutMs <= rules.forgetMs;
  if (!isUp) {
    if (state === 'out' || state === 'draining') {
      return to('out', { removedBy: blamedPath === null ? null : memory.removedBy });
    }
    return to('out', { timesOut: (isLately ? timesOut : 0) + 1, lastOutMs: nowMs, removedBy: blamedPath });
  }
  if (state === 'held' && heldUntilMs !== null && nowMs < heldUntilMs) return memory;
  if (state === 'out' && timesOut > 1 && isLately) {
    const holdMs = Math.min(rules.longestHoldMs, rules.firstHoldMs * 2 ** (timesOut - 2));
    const seconds = Math.round(holdMs / 1000);
    const held = `answers again, but went away ${timesOut} times lately: held back for ${seconds} s`;
    return to('held', { heldUntilMs: nowMs + holdMs, why: held });
  }
  return to('in', {});
};
