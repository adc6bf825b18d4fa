// What the round of a period would be now, and whether it is due. Publishes nothing, and waits for nothing.
import { dueAt, type PendingChange } from '../choose/gather.ts';
import type { PeriodView } from '../learn/network-view.ts';
import type { Directory } from '../model/directory.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { Declared } from '../publish/content.ts';
import { layoutOf, type RoundDocument } from './documents.ts';
import { type Due, decideDue } from './due.ts';
import { type Preparation, prepareRound } from './prepare-round.ts';
import type { Roster } from './roster.ts';
import type { Rounds } from './rounds.ts';
import type { FrontendWorld, Session } from './session.ts';

export interface RoundQuestion {
  readonly config: FrontendConfig;
  readonly world: FrontendWorld;
  readonly session: Session;
  readonly roster: Roster;
  readonly rounds: Rounds;
  readonly declared: Declared;
}

export interface Plan {
  readonly preparation: Preparation;
  /** Undefined when nothing can be made. */
  readonly due: Due | undefined;
}

/** What stands, as far as it decides whether a round is due. */
export const describeBefore = (
  { world, rounds }: RoundQuestion,
  { slot }: PeriodView,
  directories: readonly Directory[],
) => {
  const period = slot.period.number;
  const before = rounds.of(period);
  // Killed before anything was written down of what became of it, a round is none.
  const isNone = before === undefined || before.directories.every(({ state }) => state === 'unsent');
  const missed = rounds.listMissed(period);
  return {
    before: isNone
      ? undefined
      : {
          digest: before.digest,
          directories: new Set(before.directories.map(({ fingerprint }) => fingerprint)),
          missed: new Set(missed.keys()),
        },
    directories: new Set(directories.map(({ fingerprint }) => fingerprint)),
    nowMs: world.clock.now(),
    scheduledMs: before?.nextMs ?? 0,
    retryMs: missed.size === 0 ? undefined : Math.min(...missed.values()),
  };
};

export const planRound = (question: RoundQuestion, view: PeriodView, directories: readonly Directory[]): Plan => {
  const { config, world, session, roster, rounds, declared } = question;
  const nowMs = world.clock.now();
  const before = rounds.of(view.slot.period.number);
  const preparation = prepareRound({
    directories,
    roster,
    policy: config.policy,
    declared,
    // Where not all points have a place, others come in with each round that time asks for.
    rotation: before === undefined ? 0 : before.rotation + (before.nextMs <= nowMs ? 1 : 0),
    previous: before === undefined ? undefined : layoutOf(before),
    standing: rounds.standing,
    random: world.random,
    maxBytes: session.view.maxDescriptorBytes,
  });
  if (preparation.kind === 'none') return { preparation, due: undefined };
  const due = decideDue({
    ...describeBefore(question, view, directories),
    digest: preparation.digest,
    gatheredMs: standsDead(before, roster)
      ? nowMs
      : (dueAt(sinceNow(roster.changes, nowMs), session.timings.gatherMs) ?? undefined),
  });
  return { preparation, due };
};

/** Descriptors lead to a worker that is out, whether this process saw it go or not. */
const standsDead = (before: RoundDocument | undefined, roster: Roster): boolean =>
  roster.isSettled &&
  (before?.directories ?? []).some(({ points }) => points.some(({ worker }) => roster.stateOf(worker) === 'out'));

/** A clock that was ahead for a while has changes of times to come. */
const sinceNow = (changes: readonly PendingChange[], nowMs: number): PendingChange[] =>
  changes.map((change) => ({ ...change, atMs: Math.min(change.atMs, nowMs) }));
