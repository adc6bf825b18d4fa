// A report for the terminal: what it came to first, then figures as assigned and clean side by side, then what to mind.
import { stripVTControlCharacters } from 'node:util';
import type {
  ArmEstimate,
  ArmFigures,
  ExperimentPicture,
  ReportArm,
} from '../../../report/experiment/experiment-report.ts';
import {
  type ByteUnit,
  byteUnitFor,
  formatIn,
  formatIntervalIn,
  formatMoment,
  formatP,
  formatRatio,
  formatRatioInterval,
  plural,
} from '../../../report/experiment/figures.ts';
import type { Style } from '../style.ts';
import { type Column, renderTable } from '../table.ts';
import { renderOutcomes } from './outcome-lines.ts';
import { textWidth, wrap } from './wrap.ts';

interface Row {
  readonly arm: ReportArm;
  readonly set: string;
  readonly figures: ArmFigures;
  readonly first: boolean;
}

interface Units {
  readonly memory: ByteUnit;
  readonly growth: ByteUnit;
}

const setsOf = (arm: ReportArm): Row[] =>
  arm.exclusions.length === 0
    ? [{ arm, set: 'all', figures: arm.asAssigned, first: true }]
    : [
        { arm, set: 'as assigned', figures: arm.asAssigned, first: true },
        { arm, set: 'clean', figures: arm.clean, first: false },
      ];

const inUnit = (unit: ByteUnit, estimate: ArmEstimate | null, signed = false): string =>
  [formatIn(unit, estimate?.mean, signed), formatIntervalIn(unit, estimate)].filter(Boolean).join('  ');

const versus = ({ versusControl }: ArmFigures): string => {
  if (versusControl === null) return '';
  const { ratio } = versusControl;
  if (ratio === null)
    return formatIn(byteUnitFor([versusControl.difference.mean]), versusControl.difference.mean, true);
  return [formatRatio(ratio.mean), formatRatioInterval(ratio)].filter(Boolean).join('  ');
};

const armColumns = (style: Style): Column<Row>[] => [
  { title: 'arm', cell: ({ arm, first }) => (first ? style.strong(arm.id) : '') },
  { title: 'name', cell: ({ arm, first }) => (first && arm.name !== arm.id ? arm.name : '') },
  { title: 'relays', align: 'right', cell: ({ figures }) => String(figures.relays) },
  { title: '', cell: ({ set }) => (set === 'all' ? '' : style.dim(set)) },
];

/** Columns that belong together, as they may be moved into a table of their own. */
const columnGroups = (control: string | null, { memory, growth }: Units, style: Style): Column<Row>[][] => [
  [{ title: 'memory a relay, 95 %', cell: ({ figures }) => inUnit(memory, figures.rssBytes) }],
  [
    {
      title: 'of control, 95 %',
      cell: ({ arm, figures }) => (arm.id === control ? style.dim('control') : versus(figures)),
    },
    {
      title: 'adjusted p',
      align: 'right',
      cell: ({ figures }) => formatP(figures.versusControl?.adjustedP)?.replace(/^p (= )?/, '') ?? '',
    },
  ],
  [
    { title: 'growth a day, 95 %', cell: ({ figures }) => inUnit(growth, figures.slopeBytesPerDay, true) },
    { title: 'restarts', align: 'right', cell: ({ figures }) => String(figures.restarts) },
  ],
];

/** One table where it fits, else as many as it takes, each beginning with the arm. */
const renderFigures = (
  rows: readonly Row[],
  arm: readonly Column<Row>[],
  groups: readonly Column<Row>[][],
  columns: number,
): string[] => {
  for (let number = groups.length; number > 0; number--) {
    const table = renderTable(rows, [...arm, ...groups.slice(0, number).flat()]);
    const widest = Math.max(...table.map((line) => stripVTControlCharacters(line).length));
    if (widest > columns && number > 1) continue;
    const rest = groups.slice(number);
    return rest.length === 0 ? table : [...table, '', ...renderFigures(rows, arm, rest, columns)];
  }
  return [];
};

/** Of every set of relays that has one. */
const bootstrapNotes = (arm: ReportArm): string[] => {
  const sets = arm.exclusions.length === 0 ? (['clean'] as const) : (['asAssigned', 'clean'] as const);
  return sets.flatMap((set) => {
    const { rssBytes } = arm[set];
    if (rssBytes?.bootstrapT === undefined) return [];
    const what = sets.length === 1 ? 'bootstrap-t' : `bootstrap-t, ${set === 'clean' ? 'clean' : 'as assigned'}`;
    if (rssBytes.bootstrapT === null) return [`${what}: cannot be given, it would reach below zero`];
    const unit = byteUnitFor([rssBytes.mean]);
    return [`${what}: ${formatIntervalIn(unit, { mean: rssBytes.mean, ...rssBytes.bootstrapT })} ${unit.name}`];
  });
};

const notesOf = (arm: ReportArm): string[] => {
  const byCause = Map.groupBy(arm.exclusions, ({ code, cause }) => `${code}: ${cause}`);
  return [
    ...[...byCause].map(
      ([cause, alike]) => `left out of clean: ${alike.map(({ relay }) => relay).join(', ')} (${cause})`,
    ),
    ...[arm.asAssigned, ...(arm.exclusions.length === 0 ? [] : [arm.clean])].flatMap(({ rssBytes }) =>
      rssBytes?.values === undefined
        ? []
        : [`relays: ${rssBytes.values.map((value) => formatIn(byteUnitFor(rssBytes.values ?? []), value)).join(', ')}`],
    ),
    ...bootstrapNotes(arm),
    ...arm.limitations,
    ...(arm.guardrails ?? []).filter(({ broken }) => broken).map(({ message }) => `guardrail broken: ${message}`),
  ];
};

const typicalSize = (values: readonly (number | undefined)[]): number => {
  const sizes = values.filter((value) => value !== undefined).map(Math.abs);
  return sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? 0;
};

/** @param columns of the terminal */
export const renderReport = ({ report, findings }: ExperimentPicture, style: Style, columns: number): string[] => {
  const { window, verdict, arms, control, experiment, title } = report;
  const width = textWidth(columns);
  const rows = arms.flatMap(setsOf);
  const units: Units = {
    memory: byteUnitFor(rows.map(({ figures }) => figures.rssBytes?.mean)),
    // One arm that runs away must not turn the growth of all others into zeros.
    growth: byteUnitFor([typicalSize(rows.map(({ figures }) => figures.slopeBytesPerDay?.mean))]),
  };
  const serious = findings.filter(({ kind, severity }) => kind !== 'method' && severity !== 'info').length;
  const [headline = 'No verdict can be given.', ...others] = verdict.sentences;
  const noted = arms.map((arm) => ({ arm, notes: notesOf(arm) })).filter(({ notes }) => notes.length > 0);
  return [
    title === experiment ? style.strong(title) : `${style.strong(title)} ${style.dim(experiment)}`,
    ...wrap(
      `window: ${formatMoment(Date.parse(window.from))} to ${formatMoment(Date.parse(window.to))}. ${window.how}`,
      width,
      { first: '', rest: '  ' },
    ).map(style.dim),
    '',
    ...wrap(headline, width).map(style.strong),
    ...others.flatMap((sentence) => wrap(sentence, width, { first: '  ' })),
    ...(report.limitations ?? []).flatMap((sentence) => wrap(sentence, width, { first: '  ' }).map(style.warn)),
    '',
    ...renderFigures(rows, armColumns(style), columnGroups(control, units, style), columns),
    ...renderOutcomes(report.outcomes ?? [], control, style),
    ...(noted.length === 0 ? [] : ['']),
    ...noted.flatMap(({ arm, notes }) => [
      style.strong(arm.name === arm.id ? arm.id : `${arm.id} ${arm.name}`),
      ...notes.flatMap((note) => wrap(note, width, { first: '  ', rest: '    ' })),
    ]),
    '',
    serious === 0
      ? style.dim(`the audit has nothing against the data; seed ${report.seed}`)
      : `${style.warn(`${plural(serious, 'finding')} of the audit to weigh`)}: 'tearless experiment audit ${experiment}'${style.dim(`; seed ${report.seed}`)}`,
  ];
};
