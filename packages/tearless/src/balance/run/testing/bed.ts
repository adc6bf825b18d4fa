// A balancer on a played tor, under a clock that a test moves: start it, say things, let time pass, kill it, start it again.
import assert from 'node:assert/strict';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { bytesNamed, randomNamed } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { randomFromSeed } from '../../../stats/random/random.ts';
import { openStore, type Store } from '../../../store/store.ts';
import { fetchedPeriod } from '../../learn/network-view.ts';
import type { FrontendConfig } from '../../model/frontend-config.ts';
import { pointKey } from '../../model/layout.ts';
import { keysFromIdentity } from '../../publish/period-keys.ts';
import { type BalancerOptions, runBalancer } from '../balancer.ts';
import type { BalanceEvent } from '../event.ts';
import { type FrontendStatus, readBalanceStatus } from '../status.ts';
import { type PlayedPost, PlayedTor } from './played-tor.ts';
import { PlayedWorker } from './played-worker.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

export const startMs = Date.UTC(2026, 0, 10, 3, 20);

const secret = expandSeed(bytesNamed('the frontend'));
const publicKey = publicKeyOf(secret);
export const frontendAddress = encodeOnionAddress(publicKey);

type More = Partial<Pick<BalancerOptions, 'leadership' | 'makeProber'>>;

export class Bed implements AsyncDisposable {
  readonly clock = new VirtualClock(startMs);
  readonly tor = new PlayedTor(this.clock);
  readonly events: BalanceEvent[] = [];
  readonly workers: readonly PlayedWorker[];
  readonly keys = keysFromIdentity({ address: frontendAddress, publicKey, secret }, randomNamed('keys'));
  config: FrontendConfig;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #starts = 0;
  readonly store: Store;

  private constructor(store: Store, workers: number, hasHelpers: boolean) {
    this.store = store;
    this.workers = Array.from({ length: workers }, (_, index) => new PlayedWorker(`w${index + 1}`));
    this.config = {
      keys: this.keys,
      workers: this.workers.map(({ id, onionAddress, helper }) => ({
        id,
        onionAddress,
        weight: 1,
        port: 80,
        ...(hasHelpers ? { helper } : {}),
      })),
      policy: 'distinct',
      clients: [],
      caa: [],
      isCaaCritical: false,
    };
  }

  static async open({ workers = 3, hasHelpers = true } = {}): Promise<Bed> {
    return new Bed(await openStore(':memory:'), workers, hasHelpers);
  }

  start(more: More = {}, store: Store = this.store): void {
    this.#stop = new AbortController();
    this.#starts += 1;
    this.#running = runBalancer({
      frontends: [this.config],
      store,
      clock: this.clock,
      random: randomFromSeed(`bed ${this.#starts}`),
      randomBytes: randomNamed(`bed ${this.#starts}`),
      emit: (event) => this.events.push(event),
      connect: this.tor.connect,
      signal: this.#stop.signal,
      ...more,
    });
    this.#running.catch(() => {}); // stop() throws it
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await settle();
    const running = this.#running;
    this.#running = undefined;
    await running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.store.close();
  }

  /** Each helper says that its worker is well, with a descriptor of the first period. */
  async sayUp(changes: { readonly counter?: bigint; readonly points?: readonly string[] } = {}): Promise<void> {
    await settle();
    for (const worker of this.workers) this.sayDescriptor(worker, changes);
    await settle();
  }

  sayDescriptor(
    worker: PlayedWorker,
    changes: { readonly counter?: bigint; readonly points?: readonly string[] } = {},
  ): void {
    const nowMs = this.clock.now();
    const { period } = this.tor.view.periods[0].slot;
    worker.say({ kind: 'up' }, nowMs);
    worker.say({ kind: 'descriptor', text: worker.makeDescriptor({ period, nowMs, ...changes }) }, nowMs);
  }

  worker(index: number): PlayedWorker {
    const worker = this.workers[index];
    assert.ok(worker !== undefined);
    return worker;
  }

  /** Ids of workers whose points stand in the descriptors of the period that clients read. */
  standing(): string[] {
    return [...new Set(this.#standing().map((name) => name.split(' ')[0] ?? ''))].sort();
  }

  /** The names of points in those descriptors, whoever's they are. */
  standingPoints(): string[] {
    return [...new Set(this.#standing().map((name) => name.split(' ')[1] ?? ''))].sort();
  }

  #standing(): string[] {
    const view = fetchedPeriod(this.tor.view);
    const { keys } = this.#keysOf(view.slot.period);
    const name = Buffer.from(keys.blindedKey).toString('base64').replace(/=+$/, '');
    const found = new Set<string>();
    for (const shelf of this.tor.held.values()) {
      const text = shelf.get(name);
      if (text === undefined) continue;
      const { inner } = decodeDescriptor(text, { keys, nowMs: this.clock.now() });
      for (const point of inner.introPoints) found.add(this.#nameOf(pointKey(point)));
    }
    return [...found];
  }

  /** What was sent since, of the period that clients read. */
  postsSince(count: number): readonly PlayedPost[] {
    return this.tor.posts.slice(count);
  }

  count(kind: BalanceEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /** States of the balancer, in order. */
  states(): string[] {
    return this.events.flatMap((event) => (event.kind === 'balancer.state-changed' ? [event.state] : []));
  }

  /** Why it was in each of these. */
  whys(): (string | null)[] {
    return this.events.flatMap((event) => (event.kind === 'balancer.state-changed' ? [event.why] : []));
  }

  async status(): Promise<FrontendStatus> {
    const [status] = await readBalanceStatus(this.store, this.clock.now());
    assert.ok(status !== undefined);
    return status;
  }

  #keysOf(period: Parameters<FrontendConfig['keys']['of']>[0]) {
    const keys = this.keys.of(period);
    assert.ok(keys !== undefined);
    return keys;
  }

  /** `w1 3` */
  #nameOf(key: string): string {
    const is = (name: string): boolean => Buffer.from(bytesNamed(`${name} enc`)).toString('hex') === key;
    const points = ['1', '2', '3', '4', '5', '6'];
    return this.workers.flatMap(({ id }) => points.map((point) => `${id} ${point}`)).find(is) ?? 'nobody';
  }
}
