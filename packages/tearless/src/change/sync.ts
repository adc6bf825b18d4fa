// What this machine and a run's hosts know of it, brought together: before a run goes on, and when another operator's is taken up.
import type { Host } from '../host/host.ts';
import { appendEntries, findStoredRun, insertRun, type StoredEntry, updateRunPlan } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { ChangeError, isUnreachable } from './change-error.ts';
import { type HostJournal, parsePart } from './entry-format.ts';
import { isForHosts, isItemEvent, type JournalEvent } from './event.ts';
import type { JournalEntry } from './fold.ts';
import { outcomeOfEntries, readHostJournal } from './host-journal.ts';
import { joinParts, readPart } from './plan-part.ts';
import type { LoadedRun } from './read-run.ts';

const toStored = ({ id, atMs, event }: JournalEntry): StoredEntry => ({ id, atMs, event: JSON.stringify(event) });

/** Each host's own order holds; between hosts the earlier clock goes first. */
export const mergeJournals = (journals: readonly (readonly JournalEntry[])[]): JournalEntry[] => {
  const heads = journals.map((entries) => ({ entries, at: 0 }));
  const merged = new Map<string, JournalEntry>();
  for (;;) {
    let first: { head: (typeof heads)[number]; entry: JournalEntry } | undefined;
    for (const head of heads) {
      const entry = head.entries[head.at];
      if (entry !== undefined && (first === undefined || entry.atMs < first.entry.atMs)) first = { head, entry };
    }
    if (first === undefined) return [...merged.values()];
    first.head.at += 1;
    if (!merged.has(first.entry.id)) merged.set(first.entry.id, first.entry);
  }
};

export interface HostFinding {
  readonly host: string;
  readonly begun: boolean;
  /** Entries of this machine that the host's journal lacks and should get. */
  readonly lacking: readonly JournalEntry[];
}

/**
 * Compares a run's own entries with those on its hosts. Entries that only the host has were written by another
 * operator's machine after ours: they are taken over, and ours that never got there no longer count, since nothing was
 * done after them. Otherwise the host merely lacks our last ones and gets them.
 */
export const syncRun = async (
  store: Store,
  loaded: LoadedRun,
  journals: ReadonlyMap<string, HostJournal>,
): Promise<HostFinding[]> => {
  const own = new Set(loaded.entries.map(({ id }) => id));
  const hostOf = new Map(loaded.part.outline.map(({ id, host }) => [id, host]));
  const part = joinParts(
    loaded.part,
    [...journals.values()].flatMap(({ parts }) => parts),
  );
  if (part.plan.items.length > loaded.part.plan.items.length)
    await updateRunPlan(store, loaded.run, JSON.stringify(part));
  const findings: HostFinding[] = [];
  const foreign: JournalEntry[][] = [];
  const dropped: JournalEntry[] = [];
  for (const [host, journal] of journals) {
    const there = new Set(journal.entries.map(({ id }) => id));
    const begun = journal.parts.length > 0;
    const isAbout = (event: JournalEvent): boolean =>
      isItemEvent(event) ? hostOf.get(event.item) === host : isForHosts(event);
    const lacking = loaded.entries.filter(({ id, event }) => isAbout(event) && !there.has(id));
    const theirs = journal.entries.filter(({ id }) => !own.has(id));
    if (theirs.length === 0) {
      findings.push({ host, begun, lacking });
      continue;
    }
    foreign.push(theirs);
    findings.push({ host, begun, lacking: [] });
    const ids = lacking.filter(({ event }) => isItemEvent(event)).map(({ id }) => id);
    if (ids.length === 0) continue;
    const event = { kind: 'journal.dropped', host, ids } as const;
    dropped.push({ id: `dropped.${host}.${theirs.at(-1)?.id ?? ''}`, atMs: theirs.at(-1)?.atMs ?? 0, event });
  }
  const learnt = [...dropped, ...mergeJournals(foreign)];
  if (learnt.length > 0) {
    const outcome = outcomeOfEntries([...loaded.entries, ...learnt]);
    await appendEntries(store, loaded.run, learnt.map(toStored), outcome ?? null);
  }
  return findings;
};

export interface ImportedRun {
  readonly run: string;
  readonly missingItems: readonly string[];
  /** Hosts that could not be asked, and why. */
  readonly unreachable: readonly { readonly host: string; readonly error: unknown }[];
  /** Lines cut off while being written, by host: `h1: 12`. */
  readonly tornLines: readonly string[];
}

/**
 * Rebuilds a run from its hosts' journals in this operator's store, or completes one that is there.
 * A host that cannot be reached is left out: what the others give back can be undone without it.
 * @throws ChangeError `change-run-unknown` when no host has it; HostError when none can be reached
 */
export const importRunFromHosts = async (store: Store, run: string, hosts: readonly Host[]): Promise<ImportedRun> => {
  const unreachable: { readonly host: string; readonly error: unknown }[] = [];
  const journals: (HostJournal & { readonly host: string })[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      try {
        journals.push({ host: host.name, ...(await readHostJournal(host, run)) });
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        unreachable.push({ host: host.name, error });
      }
    }),
  );
  const [firstAway] = unreachable;
  if (journals.length === 0 && firstAway !== undefined) throw firstAway.error;
  const tornLines = journals.flatMap(({ host, tornLines: lines }) => lines.map((line) => `${host}: ${line}`));
  const stored = await findStoredRun(store, run);
  const [first, ...others] = [
    ...(stored === undefined ? [] : [parsePart(stored.plan, `the plan of run ${run}`)]),
    ...journals.flatMap(({ parts }) => parts),
  ];
  if (first === undefined) {
    throw new ChangeError({
      kind: 'not-found',
      code: 'change-run-unknown',
      place: 'host',
      message: `none of ${hosts.map((host) => host.name).join(', ')} has a journal of run ${run}`,
      hint: 'name the hosts that the run was to change; a run that changed nothing leaves no journal',
      subject: run,
    });
  }
  const part = joinParts(first, others);
  if (stored === undefined) {
    const entries = mergeJournals(journals.map((journal) => journal.entries));
    const createdMs = entries[0]?.atMs ?? Date.parse(part.plan.createdAt);
    await insertRun(
      store,
      { run, fleet: part.plan.fleet, createdMs, plan: JSON.stringify(part) },
      entries.map(toStored),
    );
    await appendEntries(store, run, [], outcomeOfEntries(entries) ?? null);
  } else await updateRunPlan(store, run, JSON.stringify(part));
  return { run, missingItems: readPart(part).missingItems, unreachable, tornLines };
};
