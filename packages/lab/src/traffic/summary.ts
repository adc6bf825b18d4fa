// Counts over the oracle's records. Pure.
import type { TrafficKind } from './outcome.ts';
import type { TrafficRecord } from './record.ts';

export type Latency = { p50Ms: number; p90Ms: number; p99Ms: number; maxMs: number };

export type RequestCounts = {
  /** Those that count: that met the fleet and were not ended by the oracle itself. */
  sent: number;
  ok: number;
  failed: number;
  /** Of those sent, how many needed more than one attempt. */
  retried: number;
};

export type StreamCounts = {
  opened: number;
  completed: number;
  failed: number;
  /** By planned restarts. */
  cut: number;
  /** Still open when the oracle ended. */
  stopped: number;
};

export type TrafficSummary = {
  requests: RequestCounts;
  streams: StreamCounts;
  byKind: Record<TrafficKind, { requests: RequestCounts; streams: StreamCounts; latency: Latency | null }>;
  /** Of requests that were answered, all attempts and pauses included; null without any. */
  latency: Latency | null;
  /** Records whose circuits never met the fleet; in no other figure. */
  notCounted: number;
  failures: TrafficRecord[];
};

/** The nearest-rank percentile of ascending numbers. */
export const percentile = (ascending: readonly number[], percent: number): number => {
  const rank = Math.max(1, Math.ceil((percent / 100) * ascending.length));
  const value = ascending[rank - 1];
  if (value === undefined) throw new RangeError('a percentile of nothing');
  return value;
};

const latencyOf = (records: readonly TrafficRecord[]): Latency | null => {
  const times = records
    .filter(({ form, outcome }) => form === 'request' && outcome === 'ok')
    .map(({ startMs, endMs }) => endMs - startMs)
    .sort((a, b) => a - b);
  if (times.length === 0) return null;
  const [p50Ms, p90Ms, p99Ms, maxMs] = [50, 90, 99, 100].map((percent) => percentile(times, percent)) as [
    number,
    number,
    number,
    number,
  ];
  return { p50Ms, p90Ms, p99Ms, maxMs };
};

const countRequests = (records: readonly TrafficRecord[]): RequestCounts => {
  const sent = records.filter(({ form, outcome }) => form === 'request' && outcome !== 'stopped');
  const withOutcome = (wanted: string) => sent.filter(({ outcome }) => outcome === wanted).length;
  return {
    sent: sent.length,
    ok: withOutcome('ok'),
    failed: withOutcome('failed'),
    retried: sent.filter(({ attempts }) => attempts.length > 1).length,
  };
};

const countStreams = (records: readonly TrafficRecord[]): StreamCounts => {
  const opened = records.filter(({ form }) => form === 'download');
  const withOutcome = (wanted: string) => opened.filter(({ outcome }) => outcome === wanted).length;
  return {
    opened: opened.length,
    completed: withOutcome('ok'),
    failed: withOutcome('failed'),
    cut: withOutcome('cut-by-planned-restart'),
    stopped: withOutcome('stopped'),
  };
};

export const summarize = (all: readonly TrafficRecord[]): TrafficSummary => {
  const records = all.filter(({ outcome }) => outcome !== 'not-counted');
  const ofKind = (kind: TrafficKind) => {
    const those = records.filter((record) => record.kind === kind);
    return { requests: countRequests(those), streams: countStreams(those), latency: latencyOf(those) };
  };
  return {
    requests: countRequests(records),
    streams: countStreams(records),
    byKind: { onion: ofKind('onion'), exit: ofKind('exit') },
    latency: latencyOf(records),
    notCounted: all.length - records.length,
    failures: records.filter(({ outcome }) => outcome === 'failed'),
  };
};

/** A line for a person. @example '214 requests, 0 failed, 9 retried; 31 streams, 6 cut by planned restarts, 0 failed' */
export const renderSummary = ({ requests, streams }: TrafficSummary): string =>
  [
    `${requests.sent} requests, ${requests.failed} failed, ${requests.retried} retried`,
    `${streams.opened} streams, ${streams.cut} cut by planned restarts, ${streams.failed} failed`,
  ].join('; ');

/** What there is to know of one that failed: enough to find out why without its record. */
export const renderFailure = ({ id, reason, startMs, attempts, restarting, receivedBytes }: TrafficRecord): string => {
  const last = attempts.at(-1);
  const short = (path: readonly string[] = []) => path.map((hop) => hop.slice(0, 8)).join(' ') || 'unknown';
  const story = (last?.events ?? []).map(
    ({ atMs, event }) => `${event} after ${((atMs - startMs) / 1000).toFixed(1)} s`,
  );
  return [
    `${id}: ${reason ?? 'no reason given'}`,
    `begun ${new Date(startMs).toISOString().slice(11, 19)} UTC, attempt ${attempts.length}: ${story.join(', ')}`,
    `${receivedBytes} bytes`,
    `client by ${short(last?.clientPath)}`,
    `service by ${short(last?.servicePath)}`,
    `restarting meanwhile: ${restarting.map((hop) => hop.slice(0, 8)).join(' ') || 'none'}`,
  ].join('; ');
};
