// What may be said of an experiment as a whole, in plain words. The first sentence is the one people will quote.
import type { ArmFigures, ExperimentReport, ReportArm, Verdict } from '../../report/experiment/experiment-report.ts';
import { formatAlone, formatP, formatRatio } from '../../report/experiment/figures.ts';
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { welchDifference } from '../../stats/arm/welch.ts';
import { growsOn } from './arm-warm-up.ts';
import { formatEstimate, formatNames } from './words.ts';

export interface VerdictCase {
  readonly arms: readonly ReportArm[];
  readonly control: string | null;
  readonly randomised: boolean;
  readonly exploratory: boolean;
  /** Figures of an arm's relays that the verdict is of, for comparing two arms with each other. */
  readonly valuesOf: (arm: string) => readonly number[];
}

const alpha = 0.05;

export const rareContamination = 'No method covers a rare contamination that the arm happens not to contain.';

const nameOf = (arm: ReportArm): string =>
  arm.name === '' || arm.name === arm.id ? arm.id : `${arm.name} (${arm.id})`;
const brokenOf = (arm: ReportArm) => (arm.guardrails ?? []).filter(({ broken }) => broken);

interface Candidate {
  readonly arm: ReportArm;
  readonly figures: ArmFigures;
  readonly mean: number;
}

const isTold = ({ figures }: Candidate): boolean => (figures.versusControl?.adjustedP ?? 1) < alpha;
const isLower = ({ figures }: Candidate): boolean => (figures.versusControl?.difference.mean ?? 0) < 0;

const quote = ({ arm, figures }: Candidate, control: ReportArm, randomised: boolean): string => {
  const { ratio, difference, adjustedP } = figures.versusControl ?? {};
  const against =
    ratio === null || ratio === undefined
      ? `${formatAlone(difference?.mean ?? 0)} less than control`
      : `${formatEstimate(ratio, formatRatio)} of that of ${nameOf(control)}`;
  const link = randomised ? 'needs' : 'is associated with';
  const memory = figures.rssBytes === null ? '' : formatEstimate(figures.rssBytes, formatAlone);
  return `${nameOf(arm)} ${link} the least memory: ${memory} a relay, ${against}, adjusted ${formatP(adjustedP) ?? ''}.`;
};

const runnerUp = (best: Candidate, others: readonly Candidate[], { valuesOf }: VerdictCase): string | undefined => {
  const [next] = others.filter(({ arm }) => arm !== best.arm).sort((a, b) => a.mean - b.mean);
  if (next === undefined) return undefined;
  const [own, second] = [valuesOf(best.arm.id), valuesOf(next.arm.id)];
  if (own.length < fewestRelays || second.length < fewestRelays) return undefined;
  const difference = welchDifference(second, own);
  const interval = formatEstimate(difference, formatAlone);
  return difference.low > 0
    ? `Next is ${nameOf(next.arm)}, with ${interval} more a relay.`
    : `It is not told apart from ${nameOf(next.arm)}: the difference is ${interval} a relay.`;
};

const growth = ({ arm, figures, mean }: Candidate): string | undefined => {
  const slope = figures.slopeBytesPerDay;
  if (slope === null || slope.low === null || !growsOn({ mean: slope.mean, low: slope.low }, mean)) return undefined;
  return `${nameOf(arm)} still grows, by ${formatEstimate(slope, formatAlone)} a day a relay: its lead may not last.`;
};

const conclude = (verdict: VerdictCase): { readonly best: Candidate | undefined; readonly sentences: string[] } => {
  const { arms, exploratory, randomised } = verdict;
  const control = arms.find(({ id }) => id === verdict.control);
  if (control === undefined)
    return { best: undefined, sentences: ['No arm is named as control, so no arm is compared with another.'] };
  const figuresOf = (arm: ReportArm): ArmFigures => (exploratory ? arm.asAssigned : arm.clean);
  const candidates = arms.flatMap((arm): Candidate[] => {
    const figures = figuresOf(arm);
    return figures.rssBytes === null || arm === control ? [] : [{ arm, figures, mean: figures.rssBytes.mean }];
  });
  const told = candidates.filter(isTold).sort((a, b) => a.mean - b.mean);
  const winners = told.filter((candidate) => isLower(candidate));
  const best = winners.find(({ arm }) => brokenOf(arm).length === 0);
  const passed = winners.filter(
    ({ arm, mean }) => brokenOf(arm).length > 0 && (best === undefined || mean < best.mean),
  );
  const above = told.filter((candidate) => !isLower(candidate)).map(({ arm }) => nameOf(arm));
  const isTested = ({ figures }: Candidate): boolean => typeof figures.versusControl?.adjustedP === 'number';
  const open = candidates.filter((one) => isTested(one) && !isTold(one)).map(({ arm }) => nameOf(arm));
  const untested = candidates.filter((one) => !isTested(one)).map(({ arm }) => nameOf(arm));
  const opening =
    best !== undefined
      ? [quote(best, control, randomised), runnerUp(best, winners, verdict), growth(best)]
      : ['No arm is shown to need less memory than control without breaking a guardrail.'];
  const sentences = [
    ...opening,
    ...passed.map(
      ({ arm }) =>
        `${nameOf(arm)} needs less memory, but is no winner: ${brokenOf(arm)
          .map(({ message }) => message)
          .join('; ')}.`,
    ),
    above.length === 0 ? undefined : `Above control: ${formatNames(above, 12)}.`,
    open.length === 0 ? undefined : `Not told apart from control: ${formatNames(open, 12)}.`,
    untested.length === 0
      ? undefined
      : `No p value against control can be given for ${formatNames(untested, 12)}; why stands with the arm.`,
  ].filter((sentence) => sentence !== undefined);
  return { best, sentences };
};

export const reachVerdict = (verdict: VerdictCase, exploratory: ExperimentReport['exploratory']): Verdict => {
  const { best, sentences } = conclude(verdict);
  const unjudged = best !== undefined && (best.arm.guardrails ?? []).length === 0;
  return {
    wording: verdict.randomised ? 'effect' : 'association',
    best: best?.arm.id ?? null,
    sentences: [
      ...sentences,
      ...(unjudged
        ? [
            `No guardrail could be judged for ${nameOf(best.arm)}: nothing beside its memory was measured since its start.`,
          ]
        : []),
      ...(verdict.randomised
        ? []
        : [
            'Nothing says that relays were assigned to arms at random: what differs between arms is an association, and p values hold only as far as relays could have been exchanged between arms.',
          ]),
      ...(exploratory === undefined ? [] : [exploratory, 'The verdict is of the figures as assigned.']),
      rareContamination,
    ],
  };
};
