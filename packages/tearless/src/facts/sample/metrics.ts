// What the relays' MetricsPorts told (tor(1), MetricsPort; Prometheus' text format), as far as a series needs it.
import { linesOf, parseCount, unexpected } from '../sections/lines.ts';
import type { RelayMetrics } from './observed.ts';

export interface MetricsAnswer {
  readonly metrics?: RelayMetrics;
  readonly problem?: string;
}

const labelOf = (labels: string, name: string): string | undefined =>
  new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];

type Figures = { -readonly [K in keyof Omit<RelayMetrics, 'flags'>]: number } & { flags?: string[] };

const add = (figures: Figures, name: keyof Omit<RelayMetrics, 'flags'>, value: number): void => {
  figures[name] = (figures[name] ?? 0) + value;
};

/** Adds one series to what it counts towards; a series with labels that mean nothing here is passed over. */
const count = (figures: Figures, name: string, labels: string, value: number): void => {
  if (name === 'tor_relay_load_oom_bytes_total') add(figures, 'oomBytes', value);
  if (name === 'tor_relay_connections') add(figures, 'connections', value);
  if (name === 'tor_relay_load_onionskins_total') {
    const action = labelOf(labels, 'action');
    if (action === 'processed') add(figures, 'onionskins', value);
    if (action === 'dropped') add(figures, 'onionskinsDropped', value);
  }
  if (name === 'tor_relay_traffic_bytes') {
    const direction = labelOf(labels, 'direction');
    if (direction === 'read') add(figures, 'readBytes', value);
    if (direction === 'written') add(figures, 'writtenBytes', value);
  }
  if (name === 'tor_relay_flag') {
    const flag = labelOf(labels, 'type');
    figures.flags ??= [];
    if (flag !== undefined && /^[A-Za-z0-9]{1,32}$/.test(flag) && value > 0) figures.flags.push(flag);
  }
};

/**
 * By process.
 *
 * ```
 * 4711 tor_relay_load_onionskins_total{type="ntor",action="processed"} 86
 * 4711 tor_relay_connections 12
 * 4712 problem nobody listens there
 * ```
 */
export const parseMetrics = (text: string): Map<number, MetricsAnswer> => {
  const problems = new Map<number, string>();
  const found = new Map<number, Figures>();
  for (const line of linesOf('metrics', text)) {
    const problem = /^([1-9]\d*) problem ([ -~]+)$/.exec(line.text);
    const [, first = '', name, labels = '', number = ''] =
      problem ?? /^([1-9]\d*) (tor_relay_[a-z_]+)(?:\{([ -~]*)\})? (\d+)$/.exec(line.text) ?? [];
    const pid = parseCount(first);
    if (pid === undefined || name === undefined)
      throw unexpected('metrics', line, 'PID NAME{LABELS} VALUE or PID problem WORDS');
    if (problem !== null) {
      problems.set(pid, name);
      continue;
    }
    const value = parseCount(number);
    if (value === undefined) throw unexpected('metrics', line, 'a value that can be counted');
    const figures = found.get(pid) ?? {};
    count(figures, name, labels, value);
    found.set(pid, figures);
  }
  const answers = new Map<number, MetricsAnswer>();
  for (const [pid, problem] of problems) answers.set(pid, { problem });
  for (const [pid, { flags, ...figures }] of found)
    answers.set(pid, { metrics: { ...figures, ...(flags === undefined ? {} : { flags: flags.sort() }) } });
  return answers;
};
