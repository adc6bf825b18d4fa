// Arms that all warm up tell one story: a table with a row an arm instead of a paragraph each.
import type { JsonValue } from '../../../base/json.ts';
import type { Finding } from '../../../experiments/audit/finding.ts';
import { formatBytes, formatInstant } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

/** From so many arms on a table is shorter than the paragraphs. */
export const fewestRows = 3;

const bytes = (value: JsonValue | undefined): string => (typeof value === 'number' ? formatBytes(value) : '–');

const settled = ({ evidence: { settled } }: Finding): string =>
  typeof settled === 'string' ? formatInstant(Date.parse(settled)).replace(' UTC', '') : '–';

const bias = ({ evidence: { wholeBytes, plateauBytes } }: Finding): string => {
  if (typeof wholeBytes !== 'number' || typeof plateauBytes !== 'number' || plateauBytes === 0) return '–';
  const share = wholeBytes / plateauBytes - 1;
  return `${share < 0 ? '−' : '+'}${Number((100 * Math.abs(share)).toPrecision(2))} %`;
};

const p = ({ evidence: { adjustedP } }: Finding): string =>
  typeof adjustedP === 'number' ? String(Number(adjustedP.toPrecision(2))) : '–';

/** @returns the sentence that holds for all of them */
export const warmUpSentence = (findings: readonly Finding[]): string =>
  `${findings.length} arms grow faster at first than later. A mean over all of their samples is off from that of the later time; p is adjusted.`;

export const renderWarmUps = (findings: readonly Finding[], style: Style): string[] =>
  renderTable(findings, [
    { title: 'arm', cell: ({ arm = '' }) => style.strong(arm) },
    { title: 'at first', align: 'right', cell: ({ evidence }) => bytes(evidence.startBytes) },
    { title: 'later', align: 'right', cell: ({ evidence }) => bytes(evidence.plateauBytes) },
    { title: 'from (UTC)', cell: settled },
    {
      title: 'then',
      cell: ({ evidence }) =>
        evidence.stillGrows === true ? `+${bytes(evidence.lateGrowthBytesPerDay)} a day` : 'settled',
    },
    { title: 'mean off', align: 'right', cell: bias },
    { title: 'p', align: 'right', cell: p },
  ]).map((line) => `  ${line}`);
