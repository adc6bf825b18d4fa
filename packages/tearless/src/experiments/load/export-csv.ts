// Measurements as the older tools read them: memory_measurements.csv, one row over all relays and one a relay for each instant.
// What that form has no column for (proofs, figures beside memory) is not in it.
import { type Measurements, missingKib, noArm } from '../model/measurements.ts';

const header =
  'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb';

/** Without a zone, as the older tools expect it, in UTC. */
const renderInstant = (atMs: number): string => {
  const text = new Date(atMs).toISOString();
  return atMs % 1000 === 0 ? text.slice(0, 19) : text.slice(0, 23);
};

const renderField = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const renderKib = (kib: number): string => (kib === missingKib ? '' : String(kib));

/** The server of a relay at an instant: its own host, else the one whose span that instant lies in. */
const createServerOf = ({ relays, servers }: Measurements): ((relay: number, atMs: number) => string) => {
  const hosts = relays.map(({ id, nickname }) =>
    id !== nickname && id.includes('/') ? id.slice(0, id.indexOf('/')) : undefined,
  );
  return (relay, atMs) =>
    hosts[relay] ??
    servers.find(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs)?.server ??
    servers[0]?.server ??
    '';
};

/** The rows of one instant, as indices of relays and their samples. */
interface Instant {
  readonly atMs: number;
  readonly rows: readonly { readonly relay: number; readonly at: number }[];
}

function* walkInstants({ snapshots, samples }: Measurements): Generator<Instant> {
  const next = new Uint32Array(samples.length);
  for (const atMs of snapshots) {
    const rows: { relay: number; at: number }[] = [];
    for (const [relay, own] of samples.entries()) {
      const at = next[relay] ?? 0;
      if (own.atMs[at] !== atMs) continue;
      rows.push({ relay, at });
      next[relay] = at + 1;
    }
    yield { atMs, rows };
  }
}

/** Lines without their ends, the header first. */
export function* exportCsv(measurements: Measurements): Generator<string> {
  yield header;
  const { relays, samples, info, aggregates } = measurements;
  const serverOf = createServerOf(measurements);
  let nextAggregate = 0;
  for (const { atMs, rows } of walkInstants(measurements)) {
    const time = renderInstant(atMs);
    const byServer = new Map<string, number[]>();
    for (const { relay, at } of rows) {
      const rss = samples[relay]?.rssKib[at] ?? missingKib;
      if (rss === missingKib) continue;
      const server = serverOf(relay, atMs);
      const own = byServer.get(server);
      if (own === undefined) byServer.set(server, [rss]);
      else own.push(rss);
    }
    const summed = [...byServer].map(([server, own]) => ({
      server,
      relays: own.length,
      totalKib: own.reduce((sum, rss) => sum + rss, 0),
    }));
    const given: { server: string; relays: number; totalKib: number }[] = [];
    for (; aggregates[nextAggregate]?.atMs === atMs; nextAggregate += 1) {
      const row = aggregates[nextAggregate];
      if (row !== undefined) given.push(row);
    }
    for (const { server, relays: count, totalKib } of given.length > 0 ? given : summed) {
      const own = byServer.get(server) ?? [];
      const average = count === 0 ? '' : Math.floor(totalKib / count);
      const least = own.length === 0 ? '' : own.reduce((a, b) => Math.min(a, b));
      const most = own.length === 0 ? '' : own.reduce((a, b) => Math.max(a, b));
      yield `${time},${renderField(server)},aggregate,,,,,,,,${count},${totalKib},${average},${least},${most}`;
    }
    for (const { relay, at } of rows) {
      const own = samples[relay];
      const { fingerprint = '', nickname = '' } = relays[relay] ?? {};
      if (own === undefined) continue;
      const rss = own.rssKib[at] ?? missingKib;
      const virtual = own.virtualKib[at] ?? missingKib;
      const label = own.arm[at] ?? noArm;
      const arm = label === noArm ? '' : (info.arms[label]?.id ?? '');
      const ratio = rss === missingKib || virtual === missingKib || rss === 0 ? '' : (virtual / rss).toFixed(2);
      const figures = `${renderKib(rss)},${renderKib(virtual)},${renderKib(own.peakKib[at] ?? missingKib)},${ratio}`;
      yield `${time},${renderField(serverOf(relay, atMs))},relay,${fingerprint},${renderField(nickname)},${renderField(arm)},${figures},,,,,`;
    }
  }
}
