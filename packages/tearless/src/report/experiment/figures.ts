// Figures of a report as people read them. Whatever is not known, not finite or not there is a dash, never NaN.
import { formatBytes, formatInstant } from '../format.ts';
import type { ArmEstimate, ReportOutcome, ReportWindow } from './experiment-report.ts';

/** Stands for a figure that is not known. */
export const unknownFigure = '–';

/** A number that can be drawn and written. */
export const isKnown = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && Number.isFinite(value);

const groupDigits = (text: string): string => (text.includes('.') ? text : text.replace(/\B(?=(\d{3})+$)/g, ','));

const withUnit = (value: number, bytesPerUnit: number): string => {
  const scaled = value / bytesPerUnit;
  const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  const text = Math.abs(scaled).toFixed(digits);
  return `${scaled < 0 && Number(text) !== 0 ? '−' : ''}${groupDigits(text)}`;
};

/** One unit for all figures of a kind, so that they compare at a glance. */
export interface ByteUnit {
  readonly name: 'kB' | 'MB' | 'GB';
  readonly bytes: number;
}

/** The unit in which the largest of the figures has at least one digit before the point. */
export const byteUnitFor = (values: readonly (number | null | undefined)[]): ByteUnit => {
  const largest = values.filter(isKnown).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest >= 1e9) return { name: 'GB', bytes: 1e9 };
  return largest >= 1e6 ? { name: 'MB', bytes: 1e6 } : { name: 'kB', bytes: 1e3 };
};

/** `1.66 GB`, with a sign where it is negative; `signed` puts a plus before what is not. */
export const formatIn = (unit: ByteUnit, value: number | null | undefined, signed = false): string =>
  isKnown(value) ? `${signed && value > 0 ? '+' : ''}${withUnit(value, unit.bytes)} ${unit.name}` : unknownFigure;

/** `1.64 to 1.68`, without the unit; undefined without an interval. */
export const formatIntervalIn = (unit: ByteUnit, estimate: ArmEstimate | null): string | undefined =>
  estimate !== null && isKnown(estimate.low) && isKnown(estimate.high)
    ? `${withUnit(estimate.low, unit.bytes)} to ${withUnit(estimate.high, unit.bytes)}`
    : undefined;

/** `0.274`, three figures: a ratio to control. */
export const formatRatio = (ratio: number | null | undefined): string =>
  isKnown(ratio) ? (ratio >= 100 || ratio <= 0 ? ratio.toFixed(0) : ratio.toPrecision(3)) : unknownFigure;

export const formatRatioInterval = (ratio: ArmEstimate | null): string | undefined =>
  ratio !== null && isKnown(ratio.low) && isKnown(ratio.high)
    ? `${formatRatio(ratio.low)} to ${formatRatio(ratio.high)}`
    : undefined;

/** `p = 0.012`, `p < 0.001`; undefined where none is given. */
export const formatP = (p: number | null | undefined): string | undefined =>
  isKnown(p) ? (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`) : undefined;

/** `8,262`. */
export const formatCount = (count: number): string => (isKnown(count) ? groupDigits(count.toFixed(0)) : unknownFigure);

/** `1 relay`, `12 relays`. */
export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** `2025-12-26`; a dash for what is no instant. */
export const formatDay = (ms: number): string =>
  isInstant(ms) ? new Date(ms).toISOString().slice(0, 10) : unknownFigure;

/** `2025-12-26 08:39 UTC`. */
export const formatMoment = (ms: number): string => (isInstant(ms) ? formatInstant(ms) : unknownFigure);

/** Whether a Date can hold it. */
export const isInstant = (ms: number): boolean => Number.isFinite(ms) && Math.abs(ms) <= 8.64e15;

/** Both ends in milliseconds; NaN where the text is no instant. */
export const windowMs = (window: ReportWindow): { readonly fromMs: number; readonly toMs: number } => ({
  fromMs: Date.parse(window.from),
  toMs: Date.parse(window.to),
});

/** `2025-12-27 to 2026-01-10 (14.2 days)`. */
export const formatWindow = (window: ReportWindow): string => {
  const { fromMs, toMs } = windowMs(window);
  const days = (toMs - fromMs) / 86_400_000;
  return `${formatMoment(fromMs)} to ${formatMoment(toMs)}${isKnown(days) ? ` (${days.toFixed(1)} days)` : ''}`;
};

/** In the unit that suits the one figure: for titles of marks, where no other figure stands beside it. */
export const formatAlone = (bytes: number | null | undefined): string =>
  isKnown(bytes) ? formatBytes(bytes) : unknownFigure;

/** How figures of an outcome are written: bytes in one unit for all, hours and connections as numbers. */
export interface OutcomeFormat {
  readonly one: (value: number | null | undefined, signed?: boolean) => string;
  /** `1.64 to 1.68`; undefined without an interval. */
  readonly interval: (estimate: ArmEstimate | null) => string | undefined;
}

export const outcomeFormat = ({ unit, arms }: ReportOutcome): OutcomeFormat =>
  figureFormat(
    unit,
    arms.map(({ mean }) => mean?.mean),
  );

/** @param values all that will be written beside each other */
export const figureFormat = (
  unit: ReportOutcome['unit'],
  values: readonly (number | null | undefined)[],
): OutcomeFormat => {
  if (unit === 'bytes') {
    const bytes = byteUnitFor(values);
    return {
      one: (value, signed) => formatIn(bytes, value, signed),
      interval: (estimate) => formatIntervalIn(bytes, estimate),
    };
  }
  const plain = (value: number): string => groupDigits(value.toFixed(Math.abs(value) >= 100 ? 0 : 1)).replace('-', '−');
  const suffix = unit === 'hours' ? ' h' : '';
  return {
    one: (value, signed = false) =>
      isKnown(value) ? `${signed && value > 0 ? '+' : ''}${plain(value)}${suffix}` : unknownFigure,
    interval: (estimate) =>
      estimate !== null && isKnown(estimate.low) && isKnown(estimate.high)
        ? `${plain(estimate.low)} to ${plain(estimate.high)}`
        : undefined,
  };
};
