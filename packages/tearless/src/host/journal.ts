// Journals on the host: lines of JSON under /var/lib/tearless/runs/RUN, on its disk before the call returns.
import type { Host } from './host.ts';
import { HostError } from './host-error.ts';

export interface JournalSummary {
  readonly run: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970-01-01 UTC, by the host's clock. */
  readonly modifiedMs: number;
}

/**
 * Appends whole lines and gives the journal's new size in bytes. With `offsetBytes` the lines go exactly there: asking
 * again after a lost answer appends nothing twice, and a journal that another has changed is an error.
 * @throws HostError `host-state-changed`, `host-disk-full`; then nothing was appended.
 */
export const appendJournal = async (host: Host, run: string, lines: string, offsetBytes?: number): Promise<number> => {
  const args = offsetBytes === undefined ? [run] : [run, String(offsetBytes)];
  const { stdout } = await host.call('journal-append', { args, input: lines });
  return Number(new TextDecoder().decode(stdout).trim());
};

/** The whole journal, or undefined where the run has none on this host. */
export const readJournal = async (host: Host, run: string): Promise<string | undefined> => {
  try {
    return new TextDecoder().decode((await host.call('journal-read', { args: [run] })).stdout);
  } catch (error) {
    if (error instanceof HostError && error.code === 'host-not-found') return undefined;
    throw error;
  }
};

/** Every run that has left a journal on the host, the last changed first. */
export const listJournals = async (host: Host): Promise<JournalSummary[]> => {
  const { stdout } = await host.call('journal-list');
  return new TextDecoder()
    .decode(stdout)
    .split('\n')
    .flatMap((line) => {
      const [, run, size, seconds] = /^(.+)\/journal\.ndjson (\d+) (\d+(?:\.\d+)?)$/.exec(line) ?? [];
      if (run === undefined) return [];
      return [{ run, sizeBytes: Number(size), modifiedMs: Math.round(Number(seconds) * 1000) }];
    })
    .sort((a, b) => b.modifiedMs - a.modifiedMs);
};
