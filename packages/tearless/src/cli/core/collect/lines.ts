// A collection as lines for people, and as what --json prints. Pure.
import type { JsonObject } from '../../../base/json.ts';
import type { CollectedHost, Collection, CollectionTarget } from '../../../experiments/collect/collect-once.ts';
import { formatBytes, formatDuration } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

/** A clock that is off by more makes series of several hosts hard to compare; less cannot be told from the way there. */
export const notableSkewMs = 2_000;

const allocatorsOf = ({ relays }: CollectedHost): string => {
  const counts = new Map<string, number>();
  for (const { proof } of relays) {
    const name = proof.version === undefined ? proof.allocator : `${proof.allocator} ${proof.version}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
};

const isSkewed = ({ skewMs, tookMs }: CollectedHost): boolean => Math.abs(skewMs) > notableSkewMs + tookMs / 2;

const memoryOf = ({ relays }: CollectedHost): number => relays.reduce((sum, { rssKib }) => sum + rssKib * 1024, 0);

const time = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

export const renderCollection = (collection: Collection, style: Style): string[] => {
  const { hosts, gaps } = collection;
  const table = renderTable(hosts, [
    { title: 'HOST', cell: ({ host }) => style.strong(host) },
    { title: 'AT (UTC)', cell: ({ atMs }) => time(atMs) },
    { title: 'RELAYS', align: 'right', cell: ({ relays }) => String(relays.length) },
    { title: 'MEMORY', align: 'right', cell: (host) => formatBytes(memoryOf(host)) },
    { title: 'ALLOCATORS', cell: allocatorsOf },
    { title: 'TOOK', align: 'right', cell: ({ tookMs }) => formatDuration(tookMs) },
  ]);
  return [
    ...(hosts.length === 0 ? [] : table),
    ...renderWarnings(collection, style),
    ...gaps.map(({ host, error }) => `${style.bad(host)}: not collected, a gap is recorded: ${error.message}`),
  ];
};

const listNames = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;

const renderWarnings = ({ hosts }: Collection, style: Style): string[] =>
  hosts.flatMap((host) => {
    const lines: string[] = [];
    if (host.stopped.length > 0) lines.push(`${style.warn(host.host)}: not running: ${listNames(host.stopped)}`);
    if (host.unread.length > 0)
      lines.push(`${style.warn(host.host)}: ended while it was read: ${listNames(host.unread)}`);
    const reasons = new Map<string, string[]>();
    for (const { instance, reason } of host.silent) reasons.set(reason, [...(reasons.get(reason) ?? []), instance]);
    for (const [reason, instances] of reasons)
      lines.push(`${style.warn(host.host)}: no figures from the MetricsPort of ${listNames(instances)}: ${reason}`);
    if (isSkewed(host))
      lines.push(
        `${style.warn(host.host)}: its clock is ${formatDuration(Math.abs(host.skewMs))} ${host.skewMs > 0 ? 'ahead' : 'behind'}`,
      );
    return lines;
  });

export const describeCollection = (
  fleet: string,
  targets: readonly CollectionTarget[],
  { plannedMs, hosts, gaps }: Collection,
): JsonObject => ({
  fleet,
  collections: targets.map(({ id }) => id),
  plannedAt: new Date(plannedMs).toISOString(),
  hosts: hosts.map(({ host, atMs, skewMs, tookMs, relays, stopped, unread, silent }) => ({
    host,
    at: new Date(atMs).toISOString(),
    skewMs,
    tookMs,
    relays: relays.map(({ id, rssKib, proof }) => ({
      relay: id,
      rssBytes: rssKib * 1024,
      allocator: proof.allocator,
      version: proof.version ?? null,
      buildId: proof.buildId ?? null,
    })),
    stopped: [...stopped],
    unread: [...unread],
    silent: silent.map((one) => ({ ...one })),
  })),
  gaps: gaps.map(({ host, error }) => ({
    host,
    code: error.code,
    kind: error.kind,
    message: error.message,
    hint: error.hint ?? null,
  })),
});
