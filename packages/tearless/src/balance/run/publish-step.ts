// One period of one frontend: what should stand at the directories, whether that is due, and if so the round.
import { TorError } from '@tearless/tor/error.ts';
import { isUrgent } from '../choose/gather.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import { listDirectories, type PeriodView } from '../learn/network-view.ts';
import type { Directory } from '../model/directory.ts';
import type { PeriodKeys } from '../model/frontend-keys.ts';
import type { Layout, NoLayoutReason } from '../model/layout.ts';
import { type PublishedRound, publishPeriod } from '../publish/publish-period.ts';
import type { RoundDocument } from './documents.ts';
import { type Due, findCertainCause } from './due.ts';
import { describeBefore, type Plan, planRound, type RoundQuestion } from './plan-round.ts';
import type { PreparedRound } from './prepare-round.ts';
import { describeDirectories, describeSetAside } from './rounds.ts';
import { standingOf } from './standing-round.ts';

export interface PublishStep extends RoundQuestion {
  /** Uploads that have not ended, by directory. */
  readonly underWay: Map<string, Promise<void>>;
  /** A change came that cannot wait for this round to end. */
  readonly superseded: AbortSignal;
}

/** What came of it; not what it was made of, as hundreds of frontends wait for their turn at once. */
export interface StepOutcome {
  /** When the period is due again. */
  readonly nextMs: number;
  /** Why nothing can be made for the period; null: something can. */
  readonly problem: NoLayoutReason | 'keys-ended' | null;
  /** No worker is in: what is made has those that stood before. */
  readonly isAllOut: boolean;
  /** What stands is not what should: changes are being gathered. */
  readonly isGathering: boolean;
  readonly isKept: boolean;
}

/** What cannot be published now may be possible then: other keys, a free place. */
const lookAgainMs = 60_000;

export const publishStep = async (step: PublishStep, view: PeriodView): Promise<StepOutcome> => {
  const { config, world, session, rounds } = step;
  const { clock } = world;
  const { slot } = view;
  const period = slot.period.number;
  const again = { nextMs: clock.now() + lookAgainMs, isAllOut: false, isGathering: false, isKept: false };
  const keys = config.keys.of(slot.period);
  if (keys === undefined) return { ...again, problem: 'keys-ended' };
  const noted = await rounds.noteFetched(period, slot.isFetched);
  if (noted !== undefined) {
    const why = slot.isFetched ? 'clients look for it now' : 'clients look for it no more';
    world.emit({ kind: 'round.kept', ...standingOf(config.keys.address, noted), why });
  }
  const directories = listDirectories(view, keys.keys.blindedKey, session.view.sizes);
  const ahead = lookAhead(step, view, directories);
  if (ahead !== undefined) return ahead;
  const release = await session.rounds.take(urgencyOf(step), session.signal);
  try {
    // What cannot wait came meanwhile: in another turn.
    if (step.superseded.aborted) return { ...again, nextMs: clock.now(), problem: null, isGathering: true };
    // Made when its turn has come: the plans of all that wait would be a hundred kilobytes each, and many of the past.
    const { preparation, due } = planRound(step, view, directories);
    if (preparation.kind === 'none' || due === undefined || due.kind === 'not-due')
      return describePlan(step, view, { preparation, due });
    const nextMs = await publish(step, { view, keys, directories, preparation, due });
    return { nextMs, problem: null, isAllOut: preparation.isAllOut, isGathering: false, isKept: false };
  } finally {
    release();
  }
};

/** Undefined where a round is due, or is for certain if one can be made at all. */
const lookAhead = (step: PublishStep, view: PeriodView, directories: readonly Directory[]): StepOutcome | undefined => {
  if (findCertainCause(describeBefore(step, view, directories)) !== undefined) return undefined;
  const plan = planRound(step, view, directories);
  return plan.due === undefined || plan.due.kind === 'not-due' ? describePlan(step, view, plan) : undefined;
};

/** Of a plan that nothing is published of now. */
const describePlan = (
  { world, rounds }: PublishStep,
  { slot }: PeriodView,
  { preparation, due }: Plan,
): StepOutcome => {
  const { reason } = { reason: null, ...preparation };
  const isPrepared = preparation.kind === 'prepared';
  return {
    nextMs: due?.kind === 'not-due' ? due.nextMs : world.clock.now() + lookAgainMs,
    problem: reason,
    isAllOut: isPrepared ? preparation.isAllOut : reason === 'all-out',
    isGathering: isPrepared && rounds.of(slot.period.number)?.digest !== preparation.digest,
    isKept: isPrepared,
  };
};

const urgencyOf = ({ roster }: PublishStep): 'loss' | 'round' => (roster.changes.some(isUrgent) ? 'loss' : 'round');

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
  const { clock, emit, random } = world;
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
      lastCounter: await rounds.readCounter(keys.descriptorId),
      noteCounter: async (counter) => {
        await rounds.noteCounter(keys.descriptorId, counter);
        // Killed from here on, the next round is above this counter: some directories may have it already.
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
  { directories, preparation }: DueRound,
  results: PublishedRound['results'],
  before: RoundDocument | undefined,
): RoundDocument['directories'] =>
  describeDirectories(
    directories,
    preparation.layout,
    (fingerprint) =>
      results.find(({ directory }) => directory === fingerprint) ??
      before?.directories.find((directory) => directory.fingerprint === fingerprint),
  );
