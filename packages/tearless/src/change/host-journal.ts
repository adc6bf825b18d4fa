// Reads what a host's own journal says of runs. Writing it is journal.ts.
import { isDescribedError } from '../base/error.ts';
import type { CallOptions, Host } from '../host/host.ts';
import { type HostJournal, parseHostJournal } from './entry-format.ts';
import { isFinalOutcome, type RunOutcome } from './event.ts';
import type { JournalEntry } from './fold.ts';

const decoder = new TextDecoder();

/** What lies on a host of one run; empty when it has nothing. @throws HostError, ChangeError `change-journal-damaged` */
export const readHostJournal = async (host: Host, run: string, options: CallOptions = {}): Promise<HostJournal> => {
  try {
    const { stdout } = await host.call('journal-read', { ...options, args: [run] });
    return parseHostJournal(decoder.decode(stdout), host.name);
  } catch (error) {
    if (isDescribedError(error) && error.kind === 'not-found') return { parts: [], entries: [], tornLines: [] };
    throw error;
  }
};

export interface HostRun {
  readonly run: string;
  readonly sizeBytes: number;
  /** By the host's clock. */
  readonly changedMs: number;
}

/** Parses `RUN/journal.ndjson BYTES SECONDS` lines. */
export const parseHostRuns = (text: string): HostRun[] =>
  text.split('\n').flatMap((line) => {
    const match = /^([^/ ]+)\/journal\.ndjson (\d+) (\d+(?:\.\d+)?)$/.exec(line);
    const [, run, size, seconds] = match ?? [];
    return run === undefined ? [] : [{ run, sizeBytes: Number(size), changedMs: Math.floor(Number(seconds) * 1000) }];
  });

/** The runs that a host has a journal of. */
export const listHostRuns = async (host: Host, options: CallOptions = {}): Promise<HostRun[]> =>
  parseHostRuns(decoder.decode((await host.call('journal-list', options)).stdout));

/** How the run ended by these entries; undefined while it is open. */
export const outcomeOfEntries = (entries: readonly JournalEntry[]): RunOutcome | undefined => {
  const last = entries.findLast(({ event }) => event.kind === 'run.finished' || event.kind === 'run.resumed')?.event;
  return last?.kind === 'run.finished' ? last.outcome : undefined;
};

/** Whether a run ended on this host for good, is open there, or never began there. */
export const judgeHostRun = ({ parts, entries }: HostJournal): 'final' | 'open' | 'nothing' => {
  if (parts.length === 0 && entries.length === 0) return 'nothing';
  return isFinalOutcome(outcomeOfEntries(entries)) ? 'final' : 'open';
};
