// One period of one frontend: what should stand at the directories, whether that is due, and if so the round.
import { TorError } from '@tearless/tor/error.ts';
import { noteBalanceCounter, readBalanceCounter } from '../../store/balance.ts';
import { dueAt, isUrgent, type PendingChange } from '../choose/gather.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import { listDirectories, type PeriodView } from '../learn/network-view.ts';
import type { Directory } from '../model/directory.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { PeriodKeys } from '../model/frontend-keys.ts';
import type { Layout } from '../model/layout.ts';
import type { Declared } from '../publish/content.ts';
import { type PublishedRound, publishPeriod } from '../publish/publish-period.ts';
import { layoutOf, type RoundDocument } from './documents.ts';
import { type Due, decideDue } from './due.ts';
import { type Preparation, type PreparedRound, prepareRound } from './prepare-round.ts';
import type { Roster } from './roster.ts';
import { describeDirectories, describeSetAside, type Rounds } from './rounds.ts';
import type { FrontendWorld, Session } from './session.ts';
import { standingOf } from './standing-round.ts';

export interface PublishStep {
  readonly config: FrontendConfig;
  readonly world: FrontendWorld;
  readonly session: Session;
  readonly roster: Roster;
  readonly rounds: Rounds;
  readonly declared: Declared;
  /** Uploads that have not ended, by directory. */
  readonly underWay: Map<string, Promise<void>>;
  /** A change came that cannot wait for this round to end. */
  readonly superseded: AbortSignal;
}

export interface StepOutcome {
  /** When the period is due again. */
  readonly nextMs: number;
  readonly preparation: Preparation | { readonly kind: 'keys-ended' };
  /** What stands is not what should: changes are being gathered. */
  readonly isGathering: boolean;
  readonly isPublished: boolean;
  readonly isKept: boolean;
}

/** What cannot be published now may be possible then: other keys, a free place. */
const lookAgainMs = 60_000;

export const publishStep = async (step: PublishStep, view: PeriodView): Promise<StepOutcome> => {
  const { config, world, session, roster, rounds } = step;
  const { clock } = world;
  const { slot } = view;
  const again = { nextMs: clock.now() + lookAgainMs, isGathering: false, isPublished: false, isKept: false };
  const keys = config.keys.of(slot.period);
  if (keys === undefined) return { ...again, preparation: { kind: 'keys-ended' } };
  const period = slot.period.number;
  const noted = await rounds.noteFetched(period, slot.isFetched);
  if (noted !== undefined) {
    const why = slot.isFetched ? 'clients look for it now' : 'clients look for it no more';
    world.emit({ kind: 'round.kept', ...standingOf(config.keys.address, noted), why });
  }
  const directories = listDirectories(view, keys.keys.blindedKey, session.view.sizes);
  for (;;) {
    const plan = planRound(step, view, directories);
    const { preparation, due } = plan;
    if (preparation.kind === 'none' || due === undefined) return { ...again, preparation };
    if (due.kind === 'not-due') {
      const isGathering = rounds.of(period)?.digest !== preparation.digest;
      return { nextMs: due.nextMs, preparation, isGathering, isPublished: false, isKept: true };
    }
    const { version } = roster;
    const release = await session.rounds.take(urgencyOf(step), session.signal);
    try {
      // It may have waited behind others for long.
      if (roster.version !== version) continue;
      const nextMs = await publish(step, { view, keys, directories, preparation, due });
      return { nextMs, preparation, isGathering: false, isPublished: true, isKept: false };
    } finally {
      release();
    }
  }
};

const urgencyOf = ({ roster }: PublishStep): 'loss' | 'round' => (roster.changes.some(isUrgent) ? 'loss' : 'round');

/** Descriptors lead to a worker that is out, whether this process saw it go or not. */
const standsDead = (before: RoundDocument | undefined, roster: Roster): boolean =>
  roster.isSettled &&
  (before?.directories ?? []).some(({ points }) => points.some(({ worker }) => roster.stateOf(worker) === 'out'));

/** A clock that was ahead for a while has changes of times to come. */
const sinceNow = (changes: readonly PendingChange[], nowMs: number): PendingChange[] =>
  changes.map((change) => ({ ...change, atMs: Math.min(change.atMs, nowMs) }));

const planRound = (
  { config, world, session, roster, rounds, declared }: PublishStep,
  { slot }: PeriodView,
  directories: readonly Directory[],
): { readonly preparation: Preparation; readonly due: Due | undefined } => {
  const { clock, random } = world;
  const period = slot.period.number;
  const nowMs = clock.now();
  const before = rounds.of(period);
  const preparation = prepareRound({
    directories,
    roster,
    policy: config.policy,
    declared,
    // Where not all points have a place, others come in with each round that time asks for.
    rotation: before === undefined ? 0 : before.rotation + (before.nextMs <= nowMs ? 1 : 0),
    previous: before === undefined ? undefined : layoutOf(before),
    standing: rounds.standing,
    random,
    maxBytes: session.view.maxDescriptorBytes,
  });
  if (preparation.kind === 'none') return { preparation, due: undefined };
  const missed = rounds.listMissed(period);
  const due = decideDue({
    // Killed before anything of it was sent, a round is none.
    before:
      before === undefined || !before.directories.some(({ attempts, state }) => attempts > 0 || state !== 'failed')
        ? undefined
        : {
            digest: before.digest,
            directories: new Set(before.directories.map(({ fingerprint }) => fingerprint)),
            missed: new Set(missed.keys()),
          },
    digest: preparation.digest,
    directories: new Set(directories.map(({ fingerprint }) => fingerprint)),
    nowMs,
    scheduledMs: before?.nextMs ?? 0,
    gatheredMs: standsDead(before, roster)
      ? nowMs
      : (dueAt(sinceNow(roster.changes, nowMs), session.timings.gatherMs) ?? undefined),
    retryMs: missed.size === 0 ? undefined : Math.min(...missed.values()),
  });
  return { preparation, due };
};

interface DueRound {
  readonly view: PeriodView;
  readonly keys: PeriodKeys;
  readonly directories: readonly Directory[];
  readonly preparation: PreparedRound;
  readonly due: Exclude<Due, { readonly kind: 'not-due' }>;
}

/** @returns when the period is due again */
const publish = async (step: PublishStep, round: DueRound): Promise<number> => {
  const { world, session, rounds, roster } = step;
  const { clock, emit, random, store } = world;
  const { view, keys, preparation, due } = round;
  const { slot } = view;
  const period = slot.period.number;
  const nowMs = clock.now();
  const before = rounds.of(period);
  const isRetry = due.kind === 'retry' && before !== undefined;
  const missed = rounds.listMissed(period);
  const tried = new Set([...missed].filter(([, atMs]) => atMs <= nowMs).map(([fingerprint]) => fingerprint));
  const [earliestMs, latestMs] = session.timings.republishMs;
  const rest: Omit<RoundDocument, 'revisionCounter' | 'directories'> = {
    periodNumber: period,
    periodEndMs: slot.period.endMs,
    isFetched: slot.isFetched,
    descriptorId: keys.descriptorId,
    why: due.why,
    digest: preparation.digest,
    policy: preparation.layout.policy,
    rotation: preparation.layout.round,
    publishedMs: isRetry ? before.publishedMs : nowMs,
    nextMs: isRetry ? before.nextMs : Math.round(nowMs + earliestMs + (latestMs - earliestMs) * random.uniform()),
    named: nameWorkers(before, preparation.layout),
    setAside: describeSetAside(preparation.setAside),
  };
  const save = (revisionCounter: bigint, results: PublishedRound['results']): Promise<void> =>
    rounds.save({
      ...rest,
      revisionCounter: String(revisionCounter),
      directories: describeRound(round, results, isRetry ? before : undefined),
    });
  try {
    const published = await publishPeriod({
      ...session,
      address: step.config.keys.address,
      keys,
      slot,
      content: {
        layout: isRetry ? restrict(preparation.layout, tried) : preparation.layout,
        points: preparation.points,
        traits: preparation.traits,
        declared: step.declared,
        maxBytes: session.view.maxDescriptorBytes,
      },
      lastCounter: await readBalanceCounter(store, keys.descriptorId),
      noteCounter: async (counter) => {
        await noteBalanceCounter(store, keys.descriptorId, counter, clock.now());
        // Killed from here on, it goes on with this counter: some directories may have it already.
        await save(counter, []);
      },
      again: isRetry ? BigInt(before.revisionCounter) : undefined,
      urgency: urgencyOf(step),
      underWay: step.underWay,
      superseded: step.superseded,
      clock,
      randomBytes: world.randomBytes,
    });
    if (!session.mayPublish()) return clock.now();
    await save(published.revisionCounter, published.results);
    rounds.noteMissed(period, published.results, clock.now(), session.timings);
    tell(step, period, published);
    const retries = [...rounds.listMissed(period).values()];
    return Math.min(rest.nextMs, ...retries);
  } catch (error) {
    // Content that makes no legal descriptor; what stands stays.
    if (!(error instanceof TorError) || isConnectionLost(error) || !/^(hsdesc|onion)-/.test(error.code)) throw error;
    emit({ kind: 'round.failed', frontend: step.config.keys.address, period, why: error.message });
    roster.forgetChanges(roster.changes);
    return clock.now() + lookAgainMs;
  }
};

const tell = ({ config, world, rounds }: PublishStep, period: number, published: PublishedRound): void => {
  const document = rounds.of(period);
  if (document === undefined) return;
  const count = (state: string): number => published.results.filter((result) => result.state === state).length;
  world.emit({
    kind: 'round.published',
    ...standingOf(config.keys.address, document),
    revisionCounter: document.revisionCounter,
    why: document.why,
    uploads: { verified: count('verified'), uploaded: count('uploaded'), failed: count('failed') },
    buildMs: Number(published.buildMs.toFixed(3)),
  });
};

const restrict = (layout: Layout, directories: ReadonlySet<string>): Layout => ({
  ...layout,
  chosen: new Map([...layout.chosen].filter(([fingerprint]) => directories.has(fingerprint))),
});

/** Of a period that clients do not read yet, only what stood when they began to counts. */
const nameWorkers = (before: RoundDocument | undefined, layout: Layout): string[] => [
  ...new Set([
    ...(before?.isFetched ? before.named : []),
    ...[...layout.chosen.values()].flatMap((refs) => refs.map(({ worker }) => worker)),
  ]),
];

/** @param before the round that this goes on with; its directories' results stay where this had none */
const describeRound = (
  { view, directories, preparation }: DueRound,
  results: PublishedRound['results'],
  before: RoundDocument | undefined,
): RoundDocument['directories'] => {
  const wanted = new Set(directories.map(({ fingerprint }) => fingerprint));
  const nicknames = new Map(
    view.ring.members.flatMap(({ hsDir }) =>
      wanted.has(hsDir.fingerprint) ? [[hsDir.fingerprint, hsDir.nickname] as const] : [],
    ),
  );
  return describeDirectories(
    directories,
    preparation.layout,
    nicknames,
    (fingerprint) =>
      results.find(({ directory }) => directory === fingerprint) ??
      before?.directories.find((directory) => directory.fingerprint === fingerprint),
  );
};
