// Writes a run's journal: each entry to this machine's disk, and to the disk of the host it is about before any effect there.
// See docs/adr/0002. Reading it back is fold.ts; what hosts and this machine tell each other is sync.ts.
import type { Clock } from '../base/clock.ts';
import type { Host } from '../host/host.ts';
import { appendEntries } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { type PlanPart, renderEntryLine, renderPartLine } from './entry-format.ts';
import {
  isForHosts,
  isItemEvent,
  type JournalEvent,
  type RunEvent,
  type RunOutcome,
  type TransientEvent,
  tellEvent,
} from './event.ts';
import type { JournalEntry, RunFold } from './fold.ts';
import { cutPart } from './plan-part.ts';

export interface JournalSetup {
  readonly store: Store;
  readonly run: string;
  /** Unique among all processes that ever work on the run. */
  readonly session: string;
  readonly clock: Clock;
  /** The plan, or what is known of it. */
  readonly part: PlanPart;
  readonly fold: RunFold;
  readonly hosts: (name: string) => Host;
  readonly onEvent: (event: RunEvent, atMs: number) => void;
}

export interface Journal {
  /** On this machine's disk when it resolves; the host gets it with the next `reach`. */
  record(event: JournalEvent): Promise<void>;
  /** All that was recorded about the host lies on its disk when this resolves. */
  reach(host: string, signal?: AbortSignal): Promise<void>;
  /** As `reach`, for what may come later: a failure leaves the entries for the next time. Says whether they are there. */
  offer(host: string): Promise<boolean>;
  /** Hosts that have something of this run in their journal. */
  begunHosts(): string[];
  /** Tells subscribers only. */
  tell(event: TransientEvent): void;
  /** Why this machine can no longer write, if so: nothing may have an effect any more. */
  broken(): Error | undefined;
  /** Takes over what was found on a host: whether it has begun, and entries that it still lacks. */
  adopt(host: string, found: { readonly begun: boolean; readonly lacking: readonly JournalEntry[] }): void;
}

interface Waiting {
  readonly event: JournalEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface HostQueue {
  begun: boolean;
  lines: string[];
  inFlight: Promise<void> | undefined;
}

/** `run.finished` closes the run's row, `run.resumed` opens it again; other entries leave it. */
const outcomeOf = (events: readonly JournalEvent[]): RunOutcome | null | undefined => {
  let outcome: RunOutcome | null | undefined;
  for (const event of events) {
    if (event.kind === 'run.finished') outcome = event.outcome;
    if (event.kind === 'run.resumed') outcome = null;
  }
  return outcome;
};

export const createJournal = (setup: JournalSetup): Journal => {
  const hostOf = new Map(setup.part.plan.items.map((item) => [item.id, item.host]));
  const queues = new Map<string, HostQueue>(
    [...new Set(hostOf.values())].map((host) => [host, { begun: false, lines: [], inFlight: undefined }]),
  );
  const waiting: Waiting[] = [];
  let draining = false;
  let number = 0;
  let broken: Error | undefined;

  const queueForHosts = (entry: JournalEntry): void => {
    const { event } = entry;
    if (!isForHosts(event)) return;
    const line = renderEntryLine(entry);
    if (isItemEvent(event)) queues.get(hostOf.get(event.item) ?? '')?.lines.push(line);
    else for (const queue of queues.values()) queue.lines.push(line);
  };

  // What arrives while the disk is busy goes to it together: one commit for many.
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting.splice(0);
      const entries = taken.map(({ event }): JournalEntry => {
        number += 1;
        return { id: `${setup.session}.${number}`, atMs: setup.clock.now(), event };
      });
      try {
        if (broken !== undefined) throw broken;
        await appendEntries(
          setup.store,
          setup.run,
          entries.map(({ id, atMs, event }) => ({ id, atMs, event: JSON.stringify(event) })),
          outcomeOf(taken.map(({ event }) => event)),
        );
      } catch (error) {
        broken ??= error instanceof Error ? error : new Error(String(error));
        for (const { reject } of taken) reject(broken);
        continue;
      }
      for (const [at, entry] of entries.entries()) {
        setup.fold.add(entry);
        queueForHosts(entry);
        setup.onEvent(tellEvent(entry.event), entry.atMs);
        taken[at]?.resolve();
      }
    }
    draining = false;
  };

  const send = async (name: string, queue: HostQueue, signal: AbortSignal | undefined): Promise<void> => {
    const lines = [...queue.lines];
    const part = queue.begun ? '' : renderPartLine(cutPart(setup.part, name));
    await setup.hosts(name).call('journal-append', {
      args: [setup.run],
      input: `${part}${lines.join('')}`,
      ...(signal === undefined ? {} : { signal }),
    });
    queue.begun = true;
    queue.lines.splice(0, lines.length);
  };

  const reach = async (name: string, signal?: AbortSignal): Promise<void> => {
    const queue = queues.get(name);
    if (queue === undefined) return;
    // Another's append may not hold what this caller recorded, and its failure is its own: look again after it.
    while (queue.inFlight !== undefined) await queue.inFlight.catch(() => undefined);
    if (queue.lines.length === 0) return;
    queue.inFlight = send(name, queue, signal).finally(() => {
      queue.inFlight = undefined;
    });
    await queue.inFlight;
  };

  return {
    record: (event) =>
      new Promise((resolve, reject) => {
        waiting.push({ event, resolve, reject });
        if (draining) return;
        draining = true;
        void drain();
      }),
    reach,
    offer: (host) =>
      reach(host).then(
        () => true,
        () => false,
      ),
    begunHosts: () => [...queues].filter(([, queue]) => queue.begun).map(([name]) => name),
    tell: (event) => setup.onEvent(event, setup.clock.now()),
    broken: () => broken,
    adopt: (host, found) => {
      const queue = queues.get(host);
      if (queue === undefined) return;
      queue.begun = found.begun;
      queue.lines.unshift(...found.lacking.map(renderEntryLine));
    },
  };
};
