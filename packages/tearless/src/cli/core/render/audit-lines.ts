// An audit as people read it: what is wrong, grouped by how it is known, worst first, each with its evidence.
import type { Finding, FindingKind, Severity } from '../../../experiments/audit/finding.ts';
import type { Style } from '../style.ts';
import { renderEvidence } from './evidence-lines.ts';
import { fewestRows, renderWarmUps, warmUpSentence } from './warm-up-lines.ts';
import { textWidth, wrap } from './wrap.ts';

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

/** The cause only where the message does not tell it. */
const exclusionText = ({ exclusions, message }: Finding): string[] =>
  [...Map.groupBy(exclusions, ({ cause }) => cause)].map(([cause, alike]) => {
    const relays = `left out of clean figures: ${alike.map(({ relay }) => relay).join(', ')}`;
    return message.includes(cause) ? relays : `${relays} (${cause})`;
  });

const renderFinding = (finding: Finding, style: Style, width: number): string[] => [
  ...wrap(`${paint(finding.severity, style)} ${style.strong(finding.code)} ${finding.message}`, width, {
    first: '',
    rest: '  ',
  }),
  ...exclusionText(finding).flatMap((text) => wrap(text, width, { first: '  ', rest: '    ' }).map(style.accent)),
  ...renderEvidence(finding.evidence).flatMap((text) =>
    wrap(text, width, { first: '  ', rest: '    ' }).map(style.dim),
  ),
];

/** Warm-up of several arms in one table; all else each for itself, in the order given. */
const renderFindings = (findings: readonly Finding[], style: Style, width: number): string[] => {
  const warm = findings.filter(({ code, severity }) => code === 'warm-up' && severity === 'warning');
  const together = warm.length >= fewestRows ? warm : [];
  return findings.flatMap((finding) => {
    if (!together.includes(finding)) return ['', ...renderFinding(finding, style, width)];
    if (finding !== together[0]) return [];
    const head = `${paint(finding.severity, style)} ${style.strong(finding.code)} ${warmUpSentence(together)}`;
    return ['', ...wrap(head, width, { first: '', rest: '  ' }), ...renderWarmUps(together, style)];
  });
};

/** Nothing found where nothing was measured is no praise. */
const nothingFound = (samples: number): string =>
  samples === 0 ? 'no relay was measured, so there is nothing to judge' : 'nothing found';

/**
 * @param experiment its name, for the last line
 * @param samples how many were judged
 * @param columns of the terminal
 */
export const renderAudit = (
  experiment: string,
  findings: readonly Finding[],
  style: Style,
  columns: number,
  samples = Infinity,
): string[] => {
  const width = textWidth(columns);
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
      ...wrap(titles[kind], width).map(style.strong),
      ...renderFindings(own, style, width),
      '',
    ]),
    `${experiment}: ${counts.length === 0 ? nothingFound(samples) : counts.join(', ')}`,
  ];
};
