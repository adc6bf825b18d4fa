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

/** Nothing where the message has named them all. */
const renderRelays = ({ relays, message }: ReportFinding): Html | undefined => {
  if (relays.every((relay) => message.includes(relay))) return undefined;
  if (relays.length <= fewRelays) return html`<br><span class="soft">${relays.join(', ')}</span>`;
  return html`<details><summary>${plural(relays.length, 'relay')}</summary>${relays.join(', ')}</details>`;
};

const severityName = (severity: string): string => (severity === 'info' ? 'note' : severity);

const renderFinding = (finding: ReportFinding): Html => {
  const { code, kind, severity, message } = finding;
  return html`<li class="${severities.includes(severity) ? severity : 'info'}"><b>${code}</b> <span class="soft">${severityName(severity)}, ${kind}</span><br>${message}${renderRelays(finding)}</li>`;
};

/** Whether a person should act on it; the others are to be known. */
export const isSerious = ({ severity }: ReportFinding): boolean => severity !== 'info';

/** @returns nothing where there is none */
export const renderFindings = (
  findings: readonly ReportFinding[],
  layout: 'column' | 'columns',
  sentences: readonly string[] = [],
): Html | undefined =>
  findings.length + sentences.length === 0
    ? undefined
    : html`<ul class="notes ${layout}">${findings.map(renderFinding)}${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`;
