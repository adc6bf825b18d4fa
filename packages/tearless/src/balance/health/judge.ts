// Whether a worker is up, by what is remembered of it and the time. Says nothing of holding back, halves and events.
import { nothingHeard, type WorkerMemory } from './memory.ts';
import type { HealthRules } from './rules.ts';

export interface Verdict {
  readonly isUp: boolean;
  /** For people. */
  readonly why: string;
  /** The probing path that the verdict hangs on: without its failures the worker would be up. */
  readonly blamedPath: string | null;
}

/** The worker's own word first, then what probes say. */
export const judge = (memory: WorkerMemory, nowMs: number, rules: HealthRules): Verdict => {
  const { helper, isDraining } = memory;
  if (isDraining) return { isUp: false, why: 'somebody drains it: no new clients are sent to it', blamedPath: null };
  if (helper !== null && helper.lostMs === null && !helper.isUp) {
    return { isUp: false, why: `its helper says that it is down${because(helper.why)}`, blamedPath: null };
  }
  const word = ownWord(memory, nowMs, rules);
  if (word === null) return { isUp: false, why: silence(memory), blamedPath: null };
  if (!rules.isProbed) return { isUp: true, why: word, blamedPath: null };
  const paths = Object.entries(memory.failures);
  if (paths.length === 0) return { isUp: false, why: `${word}, but no probe has reached it yet`, blamedPath: null };
  // While its helper is lost, a failed probe is the second bad sign.
  const bad = helper !== null && helper.lostMs !== null ? 1 : rules.failuresThatCount;
  const isOut = memory.state === 'out';
  const failed = paths.filter(([, { inARow }]) => inARow >= (isOut ? 1 : bad));
  if (failed.length < paths.length)
    return { isUp: true, why: `${word}, and a probe through Tor reached it`, blamedPath: null };
  const [path = '', { why } = { why: null }] = failed.at(-1) ?? [];
  return { isUp: false, why: `a probe by ${path} did not reach it${because(why)}`, blamedPath: path };
};

/** What speaks for the worker, or null. */
const ownWord = (memory: WorkerMemory, nowMs: number, rules: HealthRules): string | null => {
  const { helper, descriptorUntilMs } = memory;
  if (helper?.isUp && helper.lostMs === null) return 'its helper says that it is up';
  if (descriptorUntilMs !== null && nowMs < descriptorUntilMs) return 'its descriptor is valid';
  if (helper?.isUp && helper.lostMs !== null && nowMs < helper.lostMs + rules.lostHelperMs) {
    return 'its helper said that it is up before it was lost';
  }
  // The way to a helper breaks more easily than Tor: whoever answers to probes meanwhile is there.
  if (helper?.isUp && hasAnsweredSince(memory, nowMs, rules)) return 'its helper is lost, but it was up';
  return null;
};

const hasAnsweredSince = ({ helper, answeredMs }: WorkerMemory, nowMs: number, { answerHoldsMs }: HealthRules) =>
  helper !== null &&
  helper.lostMs !== null &&
  answeredMs !== null &&
  answeredMs >= helper.lostMs &&
  nowMs < answeredMs + answerHoldsMs;

const silence = ({ helper, descriptorUntilMs }: WorkerMemory): string => {
  if (helper !== null) return 'its helper is lost and no valid descriptor is known';
  if (descriptorUntilMs !== null) return 'its descriptor has ended and no newer one was found';
  return nothingHeard;
};

const because = (why: string | null): string => (why === null ? '' : `: ${why}`);
