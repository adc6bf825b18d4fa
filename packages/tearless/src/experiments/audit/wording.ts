// Pieces of messages and of evidence that findings share.
import type { AuditView } from './audit-view.ts';

export { formatCount, plural as count } from '../../report/experiment/figures.ts';
export { formatBytes, formatInstant } from '../../report/format.ts';
export { formatSpan } from '../analysis/words.ts';

/** The first few of a list, and how many more. */
export const listed = (items: readonly string[], most = 6): string =>
  items.length <= most ? items.join(', ') : `${items.slice(0, most).join(', ')} and ${items.length - most} more`;

/** `2026-01-05T21:56:59Z`; with milliseconds only where there are some. */
export const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** Four digits: p values in evidence. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** Ids of relays in the places given, sorted. */
export const idsOf = ({ measurements }: AuditView, places: Iterable<number>): string[] =>
  [...new Set([...places].map((place) => measurements.relays[place]?.id ?? ''))].filter((id) => id !== '').sort();
