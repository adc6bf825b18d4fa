// What memory the relays take some time after the change, once, at one instant a host: kept beside the experiment, not among its
// own samples.
import { type CollectedHost, collectOnce } from '../../../experiments/collect/collect-once.ts';
import type { ConclusionState } from '../../../experiments/conclude/conclusion-note.ts';
import { formatBytes } from '../../../report/format.ts';
import { refusal } from '../cli-error.ts';
import { declaredVersions } from '../collect/targets.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { keepFile } from './archive.ts';
import { addNote } from './notes.ts';

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const summarise = (hosts: readonly CollectedHost[]): string[] => {
  const relays = hosts.flatMap((host) => host.relays);
  const byAllocator = new Map<string, number[]>();
  for (const { proof, rssKib } of relays)
    byAllocator.set(proof.allocator, [...(byAllocator.get(proof.allocator) ?? []), rssKib * 1024]);
  const total = relays.reduce((sum, { rssKib }) => sum + rssKib * 1024, 0);
  return [
    `${relays.length} relays run, ${formatBytes(total / Math.max(1, relays.length))} on average, ${formatBytes(total)} in all`,
    ...[...byAllocator].map(
      ([allocator, sizes]) =>
        `${allocator}: ${sizes.length} relays, ${formatBytes(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)} on average`,
    ),
    ...hosts.flatMap(({ host, stopped }) => stopped.map((instance) => `${host}/${instance} does not run`)),
  ];
};

/**
 * @throws CliError `conclude-not-begun`, `conclude-baseline-early`; the error of the first host that did not answer
 */
export const takeBaseline = async (
  fleet: Fleet,
  id: string,
  relays: ReadonlyMap<string, string | undefined>,
  state: ConclusionState,
  context: CommandContext,
): Promise<void> => {
  const { clock } = context.surroundings;
  const { prepared, dueMs } = state;
  if (prepared === undefined || state.runs.length === 0)
    throw refusal({
      code: 'conclude-not-begun',
      message: `experiment ${id} has not been concluded: there is no baseline to take`,
      subject: id,
      hint: `conclude it first: 'tearless experiment conclude ${id}'`,
    });
  const nowMs = clock.now();
  if (dueMs !== undefined && nowMs < dueMs)
    throw refusal({
      code: 'conclude-baseline-early',
      message: `the baseline of ${id} is due ${iso(dueMs)}`,
      subject: id,
      hint: 'relays still grow after a restart: call again then',
    });
  const rows: string[] = ['timestamp,relay,allocator,build_id,rss_kb,hwm_kb'];
  const { hosts, gaps } = await collectOnce({
    targets: [{ id, relays }],
    hostOf: (name) => fleet.hosts.get(name),
    store: {
      append: async (_, __, atMs, own) => {
        for (const { id: relay, proof, rssKib, peakKib } of own)
          rows.push([iso(atMs), relay, proof.allocator, proof.buildId ?? '', rssKib, peakKib].join(','));
        return true;
      },
      recordGap: async () => {},
    },
    versionOf: declaredVersions(fleet),
    clock,
    plannedMs: nowMs,
    signal: context.signal,
    timeoutMs: 60_000,
  });
  const [gap] = gaps;
  // A baseline that lacks a host is none: it stays due.
  if (gap !== undefined) throw gap.error;
  keepFile(prepared.directory, 'baseline.csv', { lines: rows }, { replace: true });
  await addNote(fleet.store, id, nowMs, { kind: 'baseline', atMs: nowMs, summary: summarise(hosts) });
};
