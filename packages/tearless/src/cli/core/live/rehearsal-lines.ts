// A rehearsal's report for people. Pure.
import type { RehearsalReport } from '../../../live/rehearse/report.ts';
import { counted } from '../render/experiment-lines.ts';
import { wrap } from '../render/wrap.ts';
import type { Style } from '../style.ts';

type PhaseName = RehearsalReport['phases'][number]['name'];

const phaseWords: Readonly<Record<PhaseName, string>> = {
  'quiet-apply': 'applied, nothing under way',
  'quiet-rollback': 'taken back, nothing under way',
  apply: 'applied, streams open',
  rollback: 'taken back, streams open',
  'apply-again': 'applied again',
};

/** What a rehearsal does now. */
export const describePhase = (doing: string): string =>
  Object.hasOwn(phaseWords, doing) ? phaseWords[doing as PhaseName] : doing;

const inMs = (us: number): string => `${(us / 1000).toFixed(1)} ms`;

export const renderRehearsal = (report: RehearsalReport, style: Style, width: number): string[] => {
  const { from, to, reached, census, phases, streams, passed, failures, predictedPauseUs } = report;
  const wanted = (what: 'circuits' | 'connections' | 'streams'): string => {
    const count = census?.[what] ?? null;
    return count === null || count <= reached[what]
      ? counted(reached[what], what.slice(0, -1))
      : `${reached[what]} of ${count} ${what}`;
  };
  return [
    style.strong(`${from.version} to ${to.version}, rehearsed`),
    passed ? style.good('passed') : style.warn('failed'),
    ...failures.flatMap((failure) => wrap(failure, width, { first: '  ' })),
    '',
    `The twin had ${wanted('circuits')}, ${wanted('connections')}, ${wanted('streams')}.`,
    ...phases.map(
      ({ name, pauseUs, retries }) =>
        `  ${phaseWords[name].padEnd(30)} ${inMs(pauseUs).padStart(8)}${retries === 0 ? '' : `, tried ${retries + 1} times`}`,
    ),
    ...streams.map(
      ({ kind, trouble, besideTrouble }) =>
        `  ${`${kind} stream`.padEnd(30)} ${trouble ?? (besideTrouble === undefined ? 'kept' : `beside it: ${besideTrouble}`)}`,
    ),
    ...(passed ? ['', `The relay is expected to stand still for ${inMs(predictedPauseUs)} at most.`] : []),
  ];
};
