// An audit as people read it: what is wrong, grouped by how it is known, worst first, each with its evidence.
import type { JsonValue } from '../../../base/json.ts';
import type { Finding, FindingKind, Severity } from '../../../experiments/audit/finding.ts';
import { formatBytes } from '../../../report/format.ts';
import type { Style } from '../style.ts';

const titles: Readonly<Record<FindingKind, string>> = {
  fact: 'Facts: exact, checked on every row',
  inference: 'Inferences: p values over all checks and arms corrected together, 5 % for the whole audit',
  method: 'Methods: true of the form or the design, never against the data',
};
const kinds = ['fact', 'inference', 'method'] as const satisfies readonly FindingKind[];
const severities = ['error', 'warning', 'info'] as const satisfies readonly Severity[];

const paint = (severity: Severity, style: Style): string => {
  if (severity === 'error') return style.bad('error');
  return severity === 'warning' ? style.warn('warning') : style.dim('note');
};

/** `meanBytes` as `mean`, `adjustedP` as `adjusted p`. */
const wordsOf = (key: string): string =>
  key.replace(/Bytes(?=$|PerDay$)|Ms$/, '').replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const mostText = 160;
const shorten = (text: string): string => (text.length <= mostText ? text : `${text.slice(0, mostText - 1)}…`);

const figure = (key: string, value: number): string => {
  if (/bytes(?:PerDay)?$/i.test(key)) return formatBytes(value);
  if (/ms$/i.test(key)) return `${Number((value / 3_600_000).toFixed(2))} h`;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
};

const textOf = (key: string, value: JsonValue): string => {
  if (value === null) return 'none';
  if (typeof value === 'number') return figure(key, value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map((item) => textOf(key, item)).join('; ');
  return Object.entries(value)
    .map(([name, item]) => `${wordsOf(name)} ${textOf(name, item)}`)
    .join(', ');
};

const isEmpty = (value: JsonValue): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** Plain figures on one line, what is longer each on its own. */
const evidenceLines = ({ evidence }: Finding, style: Style): string[] => {
  const entries = Object.entries(evidence).filter(([, value]) => !isEmpty(value));
  const plain = entries.filter(([, value]) => typeof value !== 'object');
  const nested = entries.filter(([, value]) => typeof value === 'object');
  return [
    ...(plain.length === 0 ? [] : [plain.map(([key, value]) => `${wordsOf(key)} ${textOf(key, value)}`).join(' · ')]),
    ...nested.map(([key, value]) => `${wordsOf(key)}: ${shorten(textOf(key, value))}`),
  ].map((line) => `  ${style.dim(line)}`);
};

const exclusionLines = ({ exclusions }: Finding, style: Style): string[] =>
  [...Map.groupBy(exclusions, ({ cause }) => cause)].map(
    ([cause, alike]) =>
      `  ${style.accent('left out of clean figures')} ${alike.map(({ relay }) => relay).join(', ')}: ${cause}`,
  );

const renderFinding = (finding: Finding, style: Style): string[] => [
  `${paint(finding.severity, style)} ${style.strong(finding.code)} ${finding.message}`,
  ...exclusionLines(finding, style),
  ...evidenceLines(finding, style),
];

/** @param experiment its name, for the first line */
export const renderAudit = (experiment: string, findings: readonly Finding[], style: Style): string[] => {
  const bySeverity = (a: Finding, b: Finding): number =>
    severities.indexOf(a.severity) - severities.indexOf(b.severity);
  const groups = kinds
    .map((kind) => ({ kind, own: findings.filter((finding) => finding.kind === kind).sort(bySeverity) }))
    .filter(({ own }) => own.length > 0);
  const counts = severities
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => `${number} ${severity === 'info' ? 'note' : severity}${number === 1 ? '' : 's'}`);
  return [
    ...groups.flatMap(({ kind, own }) => [
      style.strong(titles[kind]),
      ...own.flatMap((finding) => ['', ...renderFinding(finding, style)]),
      '',
    ]),
    `${experiment}: ${counts.length === 0 ? 'nothing found' : counts.join(', ')}`,
  ];
};
