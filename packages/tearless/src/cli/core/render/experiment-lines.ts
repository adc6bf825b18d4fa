// Experiments for people: what was imported, what there is, what was wrong with rows. Pure.
import type { ImportedFile } from '../../../experiments/import/import-folder.ts';
import type { ExperimentSource, ExperimentSummary } from '../../../experiments/load/list-experiments.ts';
import type { ImportProblem } from '../../../experiments/model/import-problem.ts';
import type { Measurements } from '../../../experiments/model/measurements.ts';
import { formatCount } from '../../../report/experiment/figures.ts';
import { formatInstant } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

/** `2025-12-26 08:39`: in columns and sentences that say once that it is UTC. */
export const renderInstant = (atMs: number): string => formatInstant(atMs).replace(' UTC', '');

/** `1 row`, `3 rows` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

const countRows = (problems: readonly ImportProblem[]): number => problems.reduce((sum, { rows }) => sum + rows, 0);

const examplesShown = 3;
const needsEyes: ReadonlySet<ImportProblem['code']> = new Set(['bad-row', 'unreadable-file', 'mixed-zones']);
/** Said of a file as a whole: no row was left out for it, and none of them is to be looked at. */
const notes: ReadonlySet<ImportProblem['code']> = new Set(['empty-fingerprint', 'unknown-column']);
const isNote = ({ code }: ImportProblem): boolean => notes.has(code);

/** One kind in one file, with the first examples or all. */
const renderGroup = (group: readonly ImportProblem[], style: Style, all: boolean): string[] => {
  const [first] = group;
  if (first === undefined) return [];
  const paint = needsEyes.has(first.code) ? style.warn : style.strong;
  const shown = all ? group : group.slice(0, examplesShown);
  const rest = countRows(group) - countRows(shown);
  return [
    `${paint(first.code)} in ${first.file}: ${counted(countRows(group), 'row')}`,
    ...shown.map(({ line, message }) => `  ${line === undefined ? '' : `line ${line}: `}${message}`),
    ...(rest > 0 ? [style.dim(`  and ${formatCount(rest)} more`)] : []),
  ];
};

/** What was wrong, kind by kind in each file, with the first examples or all; then what is to be known of files. */
export const renderProblems = (problems: readonly ImportProblem[], style: Style, all: boolean): string[] => {
  const groups = Map.groupBy(
    problems.filter((problem) => !isNote(problem)),
    ({ file, code }) => `${file}\n${code}`,
  );
  return [
    ...[...groups.values()].flatMap((group) => renderGroup(group, style, all)),
    ...problems
      .filter(isNote)
      .map(
        ({ code, file, line, message }) =>
          `note ${code} in ${file}${line === undefined ? '' : `, line ${line}`}: ${message}`,
      ),
  ];
};

export const renderFiles = (files: readonly ImportedFile[], style: Style): string[] =>
  renderTable(files, [
    { title: 'FILE', cell: ({ name }) => name },
    { title: 'HOLDS', cell: ({ kind }) => kind },
    { title: 'ROWS', align: 'right', cell: ({ rows }) => formatCount(rows) },
    {
      title: 'PROBLEMS',
      align: 'right',
      cell: ({ problems }) => {
        const count = countRows(problems.filter((problem) => !isNote(problem)));
        return count === 0 ? '-' : style.warn(formatCount(count));
      },
    },
    { title: '', cell: ({ state }) => (state === 'unchanged' ? style.dim(state) : style.good(state)) },
  ]);

const renderSpan = ({ fromMs, toMs }: Pick<ExperimentSummary, 'fromMs' | 'toMs'>): string =>
  fromMs === undefined || toMs === undefined ? '-' : `${renderInstant(fromMs)} to ${renderInstant(toMs)}`;

export const renderSummaries = (experiments: readonly ExperimentSummary[]): string[] =>
  renderTable(experiments, [
    { title: 'EXPERIMENT', cell: ({ id }) => id },
    { title: 'SAMPLES', align: 'right', cell: ({ samples }) => formatCount(samples) },
    { title: 'SOURCES', align: 'right', cell: ({ sources }) => formatCount(sources) },
    { title: 'MEASURED (UTC)', cell: renderSpan },
    { title: 'TITLE', cell: ({ title, id }) => (title === id ? '' : title) },
  ]);

const renderConfig = (config: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(config)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const renderArms = ({ info, relays, samples }: Measurements, style: Style): string[] => {
  const rows = info.arms.map((arm, index) => ({
    arm,
    relays: relays.filter((relay) => relay.arm === arm.id).length,
    samples: samples.reduce(
      (sum, { arm: labels }) => sum + labels.reduce((own, label) => own + Number(label === index), 0),
      0,
    ),
  }));
  return renderTable(rows, [
    { title: 'ARM', cell: ({ arm }) => arm.id },
    { title: 'NAME', cell: ({ arm }) => arm.name + (arm.id === info.control ? style.accent(' (control)') : '') },
    { title: 'RELAYS', align: 'right', cell: ({ relays: count }) => formatCount(count) },
    { title: 'SAMPLES', align: 'right', cell: (row) => formatCount(row.samples) },
    {
      title: 'SETTINGS',
      cell: ({ arm }) =>
        renderConfig(arm.config) + (arm.addedMs === undefined ? '' : style.dim(` added ${renderInstant(arm.addedMs)}`)),
    },
  ]);
};

const renderSources = (sources: readonly ExperimentSource[]): string[] =>
  renderTable(sources, [
    { title: 'SOURCE', cell: ({ name }) => name },
    { title: 'HOLDS', cell: ({ kind }) => kind },
    { title: 'ROWS', align: 'right', cell: ({ rows }) => formatCount(rows) },
    { title: 'SHA-256', cell: ({ sha256 }) => (sha256 === '' ? '-' : sha256.slice(0, 16)) },
    { title: 'READ (UTC)', cell: ({ importedMs }) => renderInstant(importedMs) },
  ]);

/** @param allProblems every problem that is stored, not only the first of each kind */
export const renderExperiment = (
  measurements: Measurements,
  sources: readonly ExperimentSource[],
  style: Style,
  allProblems: boolean,
): string[] => {
  const { info, relays, samples, snapshots, servers, gaps, events, problems } = measurements;
  const rows = samples.reduce((sum, { atMs }) => sum + atMs.length, 0);
  const [first] = snapshots;
  const last = snapshots.at(-1);
  const unassigned = relays.filter(({ arm }) => arm === undefined).length;
  const lines = [
    style.strong(info.title === info.id ? info.id : `${info.id}: ${info.title}`),
    ...(info.hypothesis === undefined ? [] : [info.hypothesis]),
    '',
    `${counted(relays.length, 'relay')}${unassigned === 0 ? '' : `, ${formatCount(unassigned)} of them in no arm`}; ${counted(rows, 'sample')} at ${counted(snapshots.length, 'instant')}`,
    ...(first === undefined || last === undefined
      ? ['nothing was measured yet']
      : [
          `measured ${renderInstant(first)} to ${renderInstant(last)}${info.timeZone === 'naive' ? ', as written: times without a zone, read as UTC' : ' UTC'}`,
        ]),
    `relays came to their arms ${info.assignment.method === 'random' ? 'at random' : 'in a way that is not known'}; control: ${info.control ?? 'not known, name it with import --control'}`,
    ...servers.map(
      ({ server, fromMs, toMs, rows: own }) =>
        `server ${server}: ${counted(own, 'row')}, ${renderInstant(fromMs)} to ${renderInstant(toMs)}`,
    ),
    ...(gaps.length === 0 ? [] : [style.warn(`${counted(gaps.length, 'time')} a host could not be asked`)]),
    ...(events.length === 0 ? [] : [counted(events.length, 'event')]),
    '',
    ...(info.arms.length === 0 ? ['no arms'] : renderArms(measurements, style)),
    '',
    ...renderSources(sources),
  ];
  return problems.length === 0 ? lines : [...lines, '', ...renderProblems(problems, style, allProblems)];
};
