// The descriptor of one private address: one worker's introduction points, for the balancer's own tor alone. It is brought up to
// date right before a probe, so that no probe goes by points that are gone. Two directories are enough, and the period that
// clients read: whoever asks is the one who publishes, and what is fetched back from them stays in tor's own cache.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../stats/random/random.ts';
import { noteBalanceCounter, readBalanceCounter } from '../../store/balance.ts';
import type { Store } from '../../store/store.ts';
import { BalanceError } from '../balance-error.ts';
import type { Turns } from '../circuits/turns.ts';
import { bareAddress, fetchDescriptor } from '../learn/fetch-descriptor.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import { introPointsOf, type Learnt } from '../learn/learnt.ts';
import { fetchedPeriod, listDirectories, type NetworkView, type PeriodView } from '../learn/network-view.ts';
import type { Directory } from '../model/directory.ts';
import type { FrontendKeys, PeriodKeys } from '../model/frontend-keys.ts';
import { pointKey } from '../model/layout.ts';
import type { Worker } from '../model/worker.ts';
import { agreeTraits, type RoundContent } from '../publish/content.ts';
import { publishPeriod } from '../publish/publish-period.ts';

export interface PrivateFrontendOptions {
  readonly keys: FrontendKeys;
  readonly worker: Omit<Worker, 'state'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (bytes: number) => Uint8Array;
}

/** What a connection to tor gives at this moment. */
export interface PrivateSession {
  readonly controller: Controller;
  readonly view: NetworkView;
  readonly turns: Turns;
  /** One that does not lead goes by what the leader has published. */
  readonly mayPublish: () => boolean;
  /** A round is due again at random between these. */
  readonly republishMs: readonly [number, number];
}

/** As many as a client takes from a descriptor. */
const mostPoints = 20;

/** One of each replica, of those that clients read. */
export const choosePrivateDirectories = (directories: readonly Directory[]): Directory[] => {
  const read = directories.filter(({ isFetched }) => isFetched);
  return [...new Map([...read].reverse().map((directory) => [directory.replicas[0], directory])).values()].reverse();
};

interface Standing {
  /** Period and points. */
  readonly what: string;
  readonly nextMs: number;
  readonly directories: readonly string[];
}

export class PrivateFrontend {
  readonly #options: PrivateFrontendOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  #standing: Standing | undefined;

  constructor(options: PrivateFrontendOptions) {
    this.#options = options;
  }

  /** With `.onion`. A secret: it is shown to nobody. */
  get address(): string {
    return this.#options.keys.address;
  }

  /**
   * Sees to it that tor can reach the worker by these points.
   * @returns why it cannot, or undefined
   * @throws StoreError; the signal's reason when aborted
   */
  async prepare(learnt: Learnt | undefined, session: PrivateSession, signal: AbortSignal): Promise<string | undefined> {
    if (!session.mayPublish()) return undefined;
    if (learnt === undefined) return 'its introduction points are not known';
    const { clock } = this.#options;
    const view = fetchedPeriod(session.view);
    const keys = this.#options.keys.of(view.slot.period);
    if (keys === undefined) return 'there are no keys of its private address for this period';
    const points = introPointsOf(learnt).slice(0, mostPoints).map(pointKey).sort();
    const what = `${view.slot.period.number} ${points.join()}`;
    const standing = this.#standing;
    try {
      if (standing?.what === what && clock.now() < standing.nextMs && (await this.#isKnown(standing, session, signal)))
        return undefined;
      this.#standing = undefined;
      return await this.#publish({ what, learnt, view, keys, session, signal });
    } catch (error) {
      signal.throwIfAborted();
      // The end of the connection ends the probing as well.
      if (error instanceof TorError || error instanceof BalanceError) return error.message;
      throw error;
    }
  }

  /** Whether tor has the descriptor, which it forgets now and then, or can have it again. */
  async #isKnown({ directories }: Standing, session: PrivateSession, signal: AbortSignal): Promise<boolean> {
    const { controller, turns } = session;
    const { address } = this;
    try {
      const text = await controller.getInfo(`hs/client/desc/id/${bareAddress(address)}`, { signal });
      if (text !== '') return true;
    } catch (error) {
      if (!(error instanceof TorError) || isConnectionLost(error)) throw error;
    }
    for (const directory of directories) {
      const release = await turns.take('look', signal);
      try {
        await fetchDescriptor(controller, { address, directory, signal });
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (isConnectionLost(error)) throw error;
      } finally {
        release();
      }
    }
    return false;
  }

  async #publish(round: {
    readonly what: string;
    readonly learnt: Learnt;
    readonly view: PeriodView;
    readonly keys: PeriodKeys;
    readonly session: PrivateSession;
    readonly signal: AbortSignal;
  }): Promise<string | undefined> {
    const { what, learnt, view, keys, session, signal } = round;
    const { store, clock, random, randomBytes } = this.#options;
    const all = listDirectories(view, keys.keys.blindedKey, session.view.sizes);
    const directories = choosePrivateDirectories(all).map(({ fingerprint }) => fingerprint);
    const { results } = await publishPeriod({
      ...session,
      address: this.address,
      keys,
      slot: view.slot,
      content: this.#contentOf(learnt, directories),
      lastCounter: await readBalanceCounter(store, keys.descriptorId),
      noteCounter: (counter) => noteBalanceCounter(store, keys.descriptorId, counter, clock.now()),
      urgency: 'round',
      underWay: this.#underWay,
      superseded: never,
      clock,
      randomBytes,
      signal,
    });
    const held = results.filter(({ state }) => state !== 'failed').map(({ directory }) => directory);
    if (held.length === 0)
      return `no directory takes the descriptor of its private address: ${results.at(-1)?.reason ?? 'there is none'}`;
    const [earliestMs, latestMs] = session.republishMs;
    const nextMs = clock.now() + earliestMs + (latestMs - earliestMs) * random.uniform();
    this.#standing = { what, nextMs, directories: held };
    return undefined;
  }

  #contentOf(learnt: Learnt, directories: readonly string[]): RoundContent {
    const worker = { ...this.#options.worker, state: 'in' as const };
    const introPoints = introPointsOf(learnt).slice(0, mostPoints);
    const refs = introPoints.map((point, index) => ({ worker: worker.id, index, key: pointKey(point) }));
    const { learntAtMs, validUntilMs } = learnt;
    return {
      layout: {
        policy: 'single',
        round: 0,
        chosen: new Map(directories.map((directory) => [directory, refs])),
        copies: new Map(),
      },
      points: [{ worker, introPoints, learntAtMs, descriptorValidForMs: validUntilMs - learntAtMs }],
      traits: agreeTraits([learnt]),
      declared: { clients: [], caa: [], isCaaCritical: false },
    };
  }
}

/** Nothing takes the place of a round that a probe waits for. */
const never = new AbortController().signal;
