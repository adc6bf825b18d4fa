// For tests that are to be over before the time period changes: the voting interval that leaves them most of one. A time period is
// 24 intervals long, and begins as many of those after the Unix epoch, and a half. rend-spec-v3 §2.2.1
import { readTimeRules, timePeriodAt } from '@tearless/tor/onion/time-period.ts';

/** Of those that make whole minutes of a period; the longest takes five minutes and more from wherever it begins. */
const intervalsSeconds = [20, 25, 30, 40, 45];
/** Until the network is up. */
const startMs = 60_000;

/** @returns for `votingIntervalSeconds` of a network that is started now */
export const calmInterval = (nowMs: number): number => {
  const rest = (seconds: number): number => {
    const freshUntilMs = seconds * 1000;
    const rules = readTimeRules({ validAfterMs: 0, freshUntilMs, params: new Map() }, { isTestNetwork: true });
    return timePeriodAt(rules, nowMs + startMs).endMs - nowMs - startMs;
  };
  return intervalsSeconds.reduce((best, one) => (rest(one) > rest(best) ? one : best));
};
