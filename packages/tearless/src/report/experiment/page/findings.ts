// What the audit found, each finding beside the figures that it affects: an arm's in the arm's panel, the others by what they are about.
import { type Html, html } from '../../html.ts';
import type { ReportFinding } from '../experiment-report.ts';
import { plural } from '../figures.ts';

/** The part of a page that a finding without an arm stands in. */
export type Place = 'verdict' | 'memory' | 'timeline';

const places: Readonly<Record<string, Place>> = {
  'not-randomised': 'verdict',
  'single-host': 'verdict',
  'multiple-comparison': 'verdict',
  'snapshot-conclusion': 'verdict',
  'carry-over': 'memory',
  'dependent-samples': 'memory',
  'treatment-unproven': 'memory',
  identity: 'memory',
  'duplicate-row': 'memory',
};

/** Worst first; within one severity in the order of the audit. */
const severities = ['error', 'warning', 'info'];
const weight = ({ severity }: ReportFinding): number => {
  const index = severities.indexOf(severity);
  return index === -1 ? severities.length : index;
};

const sorted = (findings: readonly ReportFinding[]): readonly ReportFinding[] =>
  [...findings].sort((a, b) => weight(a) - weight(b));

/** Findings that belong to no arm that the page shows, and to this part of it. */
export const findingsAt = (
  findings: readonly ReportFinding[],
  arms: readonly string[],
  place: Place,
): readonly ReportFinding[] =>
  sorted(
    findings.filter(
      ({ code, arm }) => (arm === undefined || !arms.includes(arm)) && (places[code] ?? 'timeline') === place,
    ),
  );

export const findingsOf = (findings: readonly ReportFinding[], arm: string): readonly ReportFinding[] =>
  sorted(findings.filter((finding) => finding.arm === arm));

const fewRelays = 6;

const renderRelays = (relays: readonly string[]): Html | undefined => {
  if (relays.length === 0) return undefined;
  if (relays.length <= fewRelays) return html`<br><span class="soft">${relays.join(', ')}</span>`;
  return html`<details><summary>${plural(relays.length, 'relay')}</summary>${relays.join(', ')}</details>`;
};

const severityName = (severity: string): string => (severity === 'info' ? 'note' : severity);

const renderFinding = ({ code, kind, severity, message, relays }: ReportFinding): Html =>
  html`<li class="${severities.includes(severity) ? severity : 'info'}"><b>${code}</b> <span class="soft">${severityName(severity)}, ${kind}</span><br>${message}${renderRelays(relays)}</li>`;

/** @returns nothing where there is none */
export const renderFindings = (findings: readonly ReportFinding[], layout: 'one' | 'two' = 'one'): Html | undefined =>
  findings.length === 0
    ? undefined
    : html`<ul class="notes${layout === 'two' ? ' two' : ''}">${findings.map(renderFinding)}</ul>`;
