// What the template of an experiment looks at besides memory, as a terminal shows it: a small table for each outcome.
import type { OutcomeArm, ReportOutcome } from '../../../report/experiment/experiment-report.ts';
import { formatP, formatRatio, formatRatioInterval, outcomeFormat } from '../../../report/experiment/figures.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

const join = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join('  ');

const renderOutcome = (outcome: ReportOutcome, control: string | null, style: Style): string[] => {
  const format = outcomeFormat(outcome);
  const against = ({ arm, versusControl }: OutcomeArm): string => {
    if (arm === control) return style.dim('control');
    const { difference = null, ratio = null } = versusControl ?? {};
    return difference === null
      ? join(formatRatio(ratio?.mean), formatRatioInterval(ratio))
      : join(format.one(difference.mean, true), format.interval(difference));
  };
  return [
    `${style.strong(outcome.title)} ${style.dim(`${outcome.better} is better`)}`,
    ...renderTable(outcome.arms, [
      { title: 'arm', cell: ({ arm }) => arm },
      { title: 'relays', align: 'right', cell: ({ relays }) => String(relays) },
      { title: 'a relay, 95 %', cell: ({ mean }) => join(format.one(mean?.mean), format.interval(mean)) },
      { title: 'against control, 95 %', cell: against },
      {
        title: 'adjusted p',
        align: 'right',
        cell: ({ versusControl }) => formatP(versusControl?.adjustedP)?.replace(/^p (= )?/, '') ?? '',
      },
      { title: '', cell: ({ limitation }) => style.dim(limitation ?? '') },
    ]).map((line) => `  ${line}`),
  ];
};

export const renderOutcomes = (outcomes: readonly ReportOutcome[], control: string | null, style: Style): string[] =>
  outcomes.flatMap((outcome) => ['', ...renderOutcome(outcome, control, style)]);
