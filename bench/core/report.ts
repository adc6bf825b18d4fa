// What the benchmarks gave, for people and for machines. Pure.
import { isBroken, type Measurement, ratioOf } from './benchmark.ts';

const digits = (value: number, unit: Measurement['unit']): string => {
  if (unit === 'count') return value.toFixed(0);
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const withUnit = (value: number, unit: Measurement['unit']): string =>
  unit === 'count' ? digits(value, unit) : `${digits(value, unit)} ${unit}`;

/** `name, unit, ours, peer, ratio, limit`; what there is not is null. */
export const renderJson = (measurements: readonly Measurement[]): string => {
  const round = (value: number | undefined): number | null => (value === undefined ? null : Number(value.toFixed(3)));
  const results = measurements.map((measurement) => ({
    name: measurement.name,
    unit: measurement.unit,
    ours: round(measurement.ours),
    peer: round(measurement.peer),
    ratio: round(ratioOf(measurement)),
    limit: round(measurement.limit),
  }));
  return JSON.stringify({ schema: 'tearless.bench/v1', results });
};

const verdict = (measurement: Measurement): string => {
  const { limit, aim, unit } = measurement;
  const ratio = ratioOf(measurement);
  if (limit !== undefined)
    return `limit ${unit === 'count' ? limit : `${limit} ${unit}`}: ${isBroken(measurement) ? 'BROKEN' : 'kept'}`;
  if (aim === undefined || ratio === undefined) return '';
  return `aim ${aim} times: ${ratio < aim ? 'missed' : 'reached'}`;
};

/** A table of one line a measurement. */
export const renderTable = (measurements: readonly Measurement[]): string[] => {
  const rows = measurements.map((measurement) => {
    const { name, unit, ours, peer } = measurement;
    const ratio = ratioOf(measurement);
    return [
      name,
      withUnit(ours, unit),
      peer === undefined ? '-' : withUnit(peer, unit),
      ratio === undefined ? '-' : `${digits(ratio, 's')} times`,
      verdict(measurement),
    ];
  });
  const all = [['benchmark', 'Tearless', 'peer', 'ratio', ''], ...rows];
  const width = (column: number): number => Math.max(...all.map((row) => row[column]?.length ?? 0));
  return all.map((row) =>
    row
      .map((cell, column) => (column === 0 || column === 4 ? cell.padEnd(width(column)) : cell.padStart(width(column))))
      .join('  ')
      .trimEnd(),
  );
};
