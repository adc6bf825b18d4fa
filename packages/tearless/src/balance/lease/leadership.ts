// Which of several balancers of the same frontends leads, by leases in the store they share. A leader's time counts from when
// it sent its beat, a standby's patience from when it saw that beat: so the first ends before the second, whatever the clocks
// say, however late an answer comes, and also when it never comes.
import { type ElapsedClock, elapsedClock } from '../../store/elapsed-clock.ts';
import { renderHolder } from '../../store/holder.ts';
import type { LastBeat, LeaseHolder, LeaseOwner } from '../../store/lease.ts';
import type { LeaderState, Leadership } from '../model/leadership.ts';

/** The leases of this process's frontends, all or none. */
export interface LeaseRoom {
  /** Who holds at least one of them. */
  look(): Promise<readonly LeaseHolder[]>;
  /** @returns the term in which all of them are held now; null when another holds one */
  take(own: LeaseOwner, over: readonly LastBeat[]): Promise<number | null>;
  /** @returns false when they were taken by another */
  renew(id: string): Promise<boolean>;
  release(id: string): Promise<void>;
}

export interface LeadershipTimes {
  /** How long a beat is good for. */
  readonly leaseMs: number;
  /** A leader stops so long before: for clocks that run unevenly, and for what is on its way. */
  readonly marginMs: number;
  readonly renewMs: number;
  /** How often a standby looks, and the store is tried again. */
  readonly lookMs: number;
  /** An answer is waited for no longer. */
  readonly answerMs: number;
  /** Who cannot publish for so long gives way. */
  readonly patienceMs: number;
}

/** A standby leads within 10 s of a leader's death: it has seen the last beat a second after it, and waits for six. */
export const leadershipTimes: LeadershipTimes = {
  leaseMs: 6_000,
  marginMs: 600,
  renewMs: 2_000,
  lookMs: 1_000,
  answerMs: 1_500,
  patienceMs: 10_000,
};

export interface LeadershipOptions {
  readonly room: LeaseRoom;
  readonly owner: LeaseOwner;
  /** True where it can be seen that the holder's process has ended. */
  readonly isGone: (holder: LeaseHolder) => boolean;
  /** The time of day, for `untilMs`. */
  readonly nowMs: () => number;
  readonly clock?: ElapsedClock;
  readonly times?: LeadershipTimes;
}

interface Seen {
  readonly beat: number;
  readonly sinceMs: number;
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const createLeadership = (options: LeadershipOptions): Leadership => {
  const { room, owner, isGone, clock = elapsedClock, times = leadershipTimes } = options;
  /** By the clock of passing time. */
  let untilMs = Number.NEGATIVE_INFINITY;
  let term = 0;
  /** The beats of others, and since when they stand. */
  const seen = new Map<string, Seen>();

  let canPublish = false;
  let canSinceMs = clock.now();

  const leads = (): boolean => clock.now() < untilMs;
  const offer = (can: boolean): void => {
    if (can !== canPublish) canSinceMs = clock.now();
    canPublish = can;
  };
  const isAside = (): boolean => !canPublish && clock.now() - canSinceMs >= times.patienceMs;

  /** Waits for an answer as long as one makes sense; an answer that comes later is no news. */
  const within = async <T>(answer: Promise<T>, signal: AbortSignal): Promise<T> => {
    const waiting = new AbortController();
    // A leader has to know when its time is over.
    const mostMs = leads() ? Math.min(times.answerMs, untilMs - clock.now()) : times.answerMs;
    const silence = clock
      .sleep(mostMs, AbortSignal.any([signal, waiting.signal]))
      .then(() => Promise.reject(new Error('the store does not answer')));
    try {
      return await Promise.race([answer, silence]);
    } finally {
      waiting.abort();
      silence.catch(() => {}); // ended by the answer
      answer.catch(() => {}); // too late to matter
    }
  };

  /** Holders whose beat has stood for as long as a lease lasts, or who have visibly ended. */
  const judge = (holders: readonly LeaseHolder[]): { readonly over: LastBeat[]; readonly nextMs: number } => {
    const nowMs = clock.now();
    const others = holders.filter(({ id }) => id !== owner.id);
    for (const id of seen.keys()) if (!others.some((holder) => holder.id === id)) seen.delete(id);
    const over: LastBeat[] = [];
    let nextMs = times.lookMs;
    for (const holder of others) {
      const { id, beat } = holder;
      const before = seen.get(id);
      const at = before?.beat === beat ? before : { beat, sinceMs: nowMs };
      seen.set(id, at);
      const leftMs = at.sinceMs + times.leaseMs - nowMs;
      if (leftMs <= 0 || isGone(holder)) over.push({ id, beat });
      else nextMs = Math.min(nextMs, leftMs);
    }
    return { over, nextMs };
  };

  const follow = async (listen: (state: LeaderState) => void, signal: AbortSignal): Promise<void> => {
    let told = '';
    const tell = (state: LeaderState): void => {
      const text = JSON.stringify(state);
      if (text !== told) listen(state);
      told = text;
    };
    const dayTime = (): number => Math.round(options.nowMs() + untilMs - clock.now());
    const hold = (sentMs: number): void => {
      untilMs = sentMs + times.leaseMs - times.marginMs;
      if (leads()) tell({ kind: 'leading', untilMs: dayTime(), term });
    };

    /** @returns how long to wait */
    const beat = async (): Promise<number> => {
      const sentMs = clock.now();
      if (await within(room.renew(owner.id), signal)) {
        hold(sentMs);
        return leads() ? Math.max(0, sentMs + times.renewMs - clock.now()) : 0;
      }
      untilMs = Number.NEGATIVE_INFINITY;
      return 0;
    };

    /** @returns how long to wait */
    const seek = async (): Promise<number> => {
      const holders = await within(room.look(), signal);
      const { over, nextMs } = judge(holders);
      const living = holders.filter(({ id }) => id !== owner.id && !over.some((one) => one.id === id));
      const [leader] = living;
      if (leader !== undefined) {
        tell({ kind: 'standby', leader: renderHolder(leader.process) });
        return nextMs;
      }
      const sentMs = clock.now();
      const taken = await within(room.take(owner, over), signal);
      if (taken === null) return 0; // someone was faster, or lives after all
      term = taken;
      hold(sentMs);
      return leads() ? times.renewMs : 0;
    };

    /** @returns how long to wait */
    const stepAside = async (): Promise<number> => {
      const held = untilMs;
      untilMs = Number.NEGATIVE_INFINITY;
      tell({ kind: 'aside' });
      if (held !== Number.NEGATIVE_INFINITY) await within(room.release(owner.id), signal);
      return times.lookMs;
    };

    /** A leader whose store is silent says so while it still leads, and again when it does not. */
    const complain = async (why: string): Promise<void> => {
      if (leads()) tell({ kind: 'unreachable', why, untilMs: dayTime() });
      const leftMs = untilMs - clock.now();
      await clock.sleep(leads() ? Math.min(times.lookMs, leftMs) : times.lookMs, signal);
      if (!leads()) tell({ kind: 'unreachable', why, untilMs: null });
    };

    while (!signal.aborted) {
      try {
        // Once its time is over it may be another's: it looks before it beats again.
        const waitMs = isAside() ? await stepAside() : leads() ? await beat() : await seek();
        await clock.sleep(waitMs, signal);
      } catch (error) {
        if (signal.aborted) break;
        await complain(words(error)).catch(() => {}); // the loop looks at the signal
      }
    }
    untilMs = Number.NEGATIVE_INFINITY;
    // Where the store cannot be told, the others see that the pulse has stopped.
    await within(room.release(owner.id), new AbortController().signal).catch(() => {});
  };

  return { leads, offer, follow };
};
