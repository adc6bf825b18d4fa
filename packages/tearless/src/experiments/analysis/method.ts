// The method of a report in sentences, so that who reads it need not believe it. Sources in brackets.
import { fewestRelays, flaggedSkewness } from '../../stats/arm/estimate.ts';
import { defaultPermutations } from '../../stats/hypothesis/permutation.ts';
import type { Analysis } from './analyse.ts';

/** Only what was done in this report: no sentence on blocks where there were none. */
export const methodSentences = ({ report, window, figures, relays }: Analysis, blocked: boolean): string[] => {
  const binned = figures.flat().some((figure) => figure.binned);
  const byStart = relays.flat().some((relay) => relay.restarts.some(({ how }) => how === 'start-time'));
  const families = new Set(
    window.arms.flatMap((arm) =>
      arm === undefined || arm.arm === report.control ? [] : [`${arm.fromMs}-${arm.toMs}`],
    ),
  ).size;
  return [
    'The unit is the relay. Samples of one relay depend on each other; each relay counts once, with its time-weighted mean of VmRSS (trapezoid over its samples in the window).',
    `Arm means have a 95 % t interval over relays; differences to control are Welch’s, ratios Welch’s on the logarithm of the ratio of means (Hedges, Gurevitch and Curtis 1999). Below ${fewestRelays} relays there are values and no interval.`,
    `p values come from permutation of relays between arms${blocked ? ' within the blocks they were assigned in' : ''}: all assignments where they can be enumerated, else ${defaultPermutations} drawn with the seed. They are adjusted over arms by the step-down max-t of Westfall and Young (1993)${families > 1 ? '; arms with a window of their own are a family of their own, and families share the error by their size (weighted Bonferroni)' : ''}.`,
    `Where the skewness of relays’ figures passes ${flaggedSkewness}, a bootstrap-t interval stands beside the t interval (Efron and Tibshirani 1993). Percentile bootstraps are not used: with ten relays they cover 91 % instead of 95 %.`,
    `Growth is the Theil–Sen slope of each relay, then as above${binned ? '; for relays with more than 1,024 samples on medians of 512 equal bins of time' : ''}.`,
    `Restarts are known from ${byStart ? 'the start time of processes, else from ' : ''}a drop of VmHWM by more than 20 %.`,
    ...(window.arms.some((arm) => arm?.cycle !== undefined)
      ? [
          'Arms that are restarted on a schedule are averaged over whole cycles only: which arm of a sawtooth is lowest depends on the instant.',
        ]
      : []),
    ...(window.arms.some((arm) => arm?.late)
      ? ['A late arm is compared over its own window with control at the same time.']
      : []),
    'Clean figures leave out relays only for causes that do not depend on memory, by the same rule in every arm, control included.',
    'Guardrails are one-sided tests against control from the start of the arm on, Holm over those of one arm: Welch on the log ratio of bandwidth, Fisher’s exact test on flags and crashes, Welch on counters.',
  ];
};
