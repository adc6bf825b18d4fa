// What the verdict says of the outcomes of a template: which arm does better or worse than control in which. Words and p values
// only: figures stand in the tables, where a public report hides what it must. Pure.
import type { ReportArm, ReportOutcome } from '../../report/experiment/experiment-report.ts';
import { formatP } from '../../report/experiment/figures.ts';

const alpha = 0.05;

interface Told {
  readonly words: string;
  readonly kind: 'better' | 'worse' | 'open';
}

const tell = ({ title, better, arms }: ReportOutcome, arm: string): Told | undefined => {
  const versus = arms.find((one) => one.arm === arm)?.versusControl ?? undefined;
  const p = versus?.adjustedP ?? undefined;
  if (p === undefined) return undefined;
  const isHigher = (versus?.difference?.mean ?? 0) > 0;
  const isTold = p < alpha;
  return {
    words: isTold ? `${title} (adjusted ${formatP(p)})` : title,
    kind: isTold ? (isHigher === (better === 'higher') ? 'better' : 'worse') : 'open',
  };
};

/** @returns one sentence for each arm but control and each thing that can be said of it */
export const sayOutcomes = (
  outcomes: readonly ReportOutcome[],
  arms: readonly Pick<ReportArm, 'id' | 'name'>[],
  control: string | null,
): string[] => {
  if (outcomes.length === 0 || control === null) return [];
  return arms.flatMap(({ id, name }) => {
    if (id === control) return [];
    const named = name === '' || name === id ? id : `${name} (${id})`;
    const told = outcomes.flatMap((outcome) => tell(outcome, id) ?? []);
    const untold = outcomes.filter((outcome) => tell(outcome, id) === undefined).map(({ title }) => title);
    const those = (kind: Told['kind']): string =>
      told
        .filter((one) => one.kind === kind)
        .map(({ words }) => words)
        .join('; ');
    const [better, worse, open] = [those('better'), those('worse'), those('open')];
    return [
      ...(better === '' ? [] : [`${named} is better than control in ${better}.`]),
      ...(worse === '' ? [] : [`${named} is worse than control in ${worse}.`]),
      ...(open === '' ? [] : [`${named} is not told apart from control in ${open}.`]),
      ...(untold.length === 0
        ? []
        : [
            `No p value can be given for ${told.length === 0 ? 'the outcomes' : untold.join('; ')} of ${named}; why stands with each.`,
          ]),
    ];
  });
};
