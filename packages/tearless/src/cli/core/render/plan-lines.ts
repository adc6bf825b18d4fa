// A plan as people read it before they say yes: what changes, in which order, what it costs.
import type { ChangeItem, Plan, PlanSymbol, StepSpec } from '../../../change/plan.ts';
import type { Style } from '../style.ts';

const paintSymbol = (symbol: PlanSymbol, style: Style): string =>
  ({ '+': style.good, '~': style.warn, '-': style.bad, '!': style.bad })[symbol](symbol);

const paintDetail = (line: string, style: Style): string =>
  line.startsWith('+') ? style.good(line) : line.startsWith('-') ? style.bad(line) : style.dim(line);

const renderStep = (step: StepSpec, detail: boolean, style: Style): string[] => [
  `    ${paintSymbol(step.symbol, style)} ${step.summary}`,
  ...(detail ? (step.detail ?? []).map((line) => `        ${paintDetail(line, style)}`) : []),
];

/** Seconds as people say them: `45 s`, `3 min`, `2 h 10 min`. */
export const renderSeconds = (seconds: number): string => {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const renderItem = (item: ChangeItem, detail: boolean, style: Style): string[] => [
  `  ${style.strong(item.id)}`,
  ...item.steps.flatMap((step) => renderStep(step, detail, style)),
  ...(detail ? item.gates.map((gate) => `    ${style.accent('?')} ${gate.summary}`) : []),
];

const countSymbols = (plan: Plan): Record<PlanSymbol, number> => {
  const counts: Record<PlanSymbol, number> = { '+': 0, '~': 0, '-': 0, '!': 0 };
  for (const item of plan.items) for (const step of item.steps) counts[step.symbol] += 1;
  return counts;
};

export interface PlanLinesOptions {
  /** Show what changes inside files, and the gates. */
  readonly detail: boolean;
}

export const renderPlanLines = (plan: Plan, { detail }: PlanLinesOptions, style: Style): string[] => {
  const warnings = plan.warnings.flatMap((warning) => [
    `${style.warn('warning')} ${style.dim(warning.code)}: ${warning.message}`,
    ...(warning.subjects.length === 0 ? [] : [`  ${style.dim(warning.subjects.join(', '))}`]),
  ]);
  if (plan.items.length === 0) return [...warnings, `${style.good('nothing to do')}: ${plan.fleet} is as declared`];
  const items = new Map(plan.items.map((item) => [item.id, item]));
  const counts = countSymbols(plan);
  return [
    ...plan.batches.flatMap((batch, index) => [
      style.dim(`batch ${index + 1} of ${plan.batches.length}`),
      ...batch.flatMap((id) => {
        const item = items.get(id);
        return item === undefined ? [] : renderItem(item, detail, style);
      }),
    ]),
    '',
    ...warnings,
    `${style.strong('plan')} ${plan.id}: ${counts['+']} to create, ${counts['~']} to change, ${counts['-']} to remove, ${counts['!']} to interrupt`,
    ...plan.cost.lines.map((line) => `${style.strong('cost')} ${line}`),
    `${style.strong('time')} about ${renderSeconds(plan.cost.estimatedSeconds)} in ${plan.batches.length} ${plan.batches.length === 1 ? 'batch' : 'batches'}`,
  ];
};
