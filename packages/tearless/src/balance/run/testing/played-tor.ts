// A tor and its directories as the control port shows them, for tests of the loop: directories that take, refuse, fail and hang.
// Real ones are in test/integration.
import { hash } from 'node:crypto';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { parseOuter } from '@tearless/tor/hsdesc/outer.ts';
import { bytesNamed } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { renderConsensus } from '@tearless/tor/netdoc/render-consensus.ts';
import { generateConsensus } from '@tearless/tor/netdoc/testing/generate-consensus.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import type { Clock } from '../../../base/clock.ts';
import { fetchedPeriod, type NetworkView, viewNetwork } from '../../learn/network-view.ts';

export type Behaviour = 'take' | 'refuse' | 'fail' | 'hang';

export interface PlayedPost {
  readonly atMs: number;
  /** With `.onion`. */
  readonly address: string;
  readonly directory: string;
  readonly counter: bigint;
  readonly blindedKey: string;
  readonly text: string;
  readonly isTaken: boolean;
}

interface Listener {
  readonly names: readonly string[];
  readonly push: (event: object) => void;
  readonly end: (error: unknown) => void;
}

const hourMs = 3_600_000;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

export class PlayedTor {
  readonly posts: PlayedPost[] = [];
  /** Addresses that were asked for. */
  readonly fetches: string[] = [];
  /** By fingerprint; the others take what comes. */
  readonly behaviours = new Map<string, Behaviour>();
  /** Fingerprints of directories from which no descriptor comes, and no word either. */
  readonly silent = new Set<string>();
  /** Fingerprint, then blinded key. */
  readonly held = new Map<string, Map<string, string>>();
  hasCircuits = true;
  hasMicrodescs = true;
  isReachable = true;
  validAfterMs: number;
  /** Called before the control port answers anything. */
  onCommand: () => void = () => {};
  #view: NetworkView | undefined;
  readonly #names = new Map<string, string>();
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #close: (error: TorError) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.validAfterMs = Math.floor(clock.now() / hourMs) * hourMs;
  }

  get view(): NetworkView {
    if (this.#view?.validAfterMs !== this.validAfterMs) {
      const { consensus, microdescs } = this.#documents();
      this.#view = viewNetwork(parseConsensus(consensus), microdescs, false);
    }
    return this.#view;
  }

  /** The newest counter of each descriptor that any directory holds. */
  get counters(): Map<string, bigint> {
    const counters = new Map<string, bigint>();
    for (const descriptors of this.held.values())
      for (const [key, text] of descriptors) {
        const { revisionCounter } = parseOuter(text);
        if (revisionCounter > (counters.get(key) ?? -1n)) counters.set(key, revisionCounter);
      }
    return counters;
  }

  /** A new consensus comes, valid from the hour on. */
  renew(): void {
    this.validAfterMs = Math.floor(this.#clock.now() / hourMs) * hourMs;
    this.#tell({ type: 'NEWCONSENSUS' });
  }

  /** What a service itself would have published everywhere. */
  publish(text: string): void {
    const key = base64(parseOuter(text).blindedKey);
    for (const { hsDir } of this.view.periods[0].ring.members) this.#shelf(hsDir.fingerprint).set(key, text);
  }

  /** tor goes away; the next connection is refused while it is not reachable. */
  drop(): void {
    const error = lost();
    for (const { end } of this.#listeners) end(error);
    this.#listeners.clear();
    this.#close(error);
  }

  connect = async (): Promise<Controller> => {
    if (!this.isReachable) throw lost();
    const closed = new Promise<TorError>((resolve) => {
      this.#close = resolve;
    });
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    const answer = async <T>(value: () => T): Promise<T> => {
      this.onCommand();
      await new Promise(setImmediate);
      if (isClosed) throw lost();
      return value();
    };
    return {
      closed,
      getConf: () => answer(() => ['0']),
      getInfo: (name: string) =>
        answer(() => {
          if (name === 'status/circuit-established') return this.hasCircuits ? '1' : '0';
          const { consensus, microdescs } = this.#documents();
          if (name === 'md/all') return this.hasMicrodescs ? microdescs : '';
          return consensus;
        }),
      events: (...names: (string | { signal?: AbortSignal })[]) => this.#listen(names),
      hsPost: (text: string, { servers: [directory = ''], address }: { servers: string[]; address: string }) =>
        answer(() => this.#post(text, directory, address)),
      hsFetch: (address: string, { servers: [directory = ''] }: { servers: string[] }) =>
        answer(() => this.#fetch(address, directory)),
      [Symbol.asyncDispose]: async () => {},
    } as unknown as Controller;
  };

  #post(text: string, directory: string, address: string): void {
    const { revisionCounter: counter, blindedKey } = parseOuter(text);
    const key = base64(blindedKey);
    const behaviour = this.behaviours.get(directory) ?? 'take';
    const shelf = this.#shelf(directory);
    const before = shelf.get(key);
    const isOld = before !== undefined && parseOuter(before).revisionCounter >= counter;
    const isTaken = behaviour === 'take' && !isOld;
    const post = { atMs: this.#clock.now(), address: `${address}.onion`, directory, counter, blindedKey: key, text };
    this.posts.push({ ...post, isTaken });
    if (isTaken) shelf.set(key, text);
    if (behaviour === 'hang') return;
    const reason = behaviour === 'fail' ? 'UNEXPECTED' : 'UPLOAD_REJECTED';
    this.#tellOf(address, directory, isTaken ? { action: 'UPLOADED' } : { action: 'FAILED', reason });
  }

  #fetch(address: string, directory: string): void {
    this.fetches.push(`${address}.onion`);
    if (this.silent.has(directory)) return;
    const { period } = fetchedPeriod(this.view).slot;
    const descriptor = this.#shelf(directory).get(this.#nameOf(address, period));
    if (descriptor === undefined) this.#tellOf(address, directory, { action: 'FAILED', reason: 'NOT_FOUND' });
    else this.answer(`${address}.onion`, directory, descriptor);
  }

  /** A directory gives a descriptor to those who asked for it. */
  answer(address: string, directory: string, descriptor: string): void {
    this.#tellOf(address.replace(/\.onion$/, ''), directory, { type: 'HS_DESC_CONTENT', descriptor });
  }

  #nameOf(address: string, period: BlindingPeriod): string {
    const key = `${address} ${period.number}`;
    const name = this.#names.get(key) ?? base64(deriveDescriptorKeys(parseOnionAddress(address), period).blindedKey);
    this.#names.set(key, name);
    return name;
  }

  #shelf(directory: string): Map<string, string> {
    const shelf = this.held.get(directory) ?? new Map<string, string>();
    this.held.set(directory, shelf);
    return shelf;
  }

  #tellOf(address: string, directory: string, event: object): void {
    this.#tell({ type: 'HS_DESC', address, hsDir: { fingerprint: directory }, ...event });
  }

  #tell(event: object): void {
    const type = 'type' in event ? String(event.type) : '';
    for (const { names, push } of this.#listeners) if (names.includes(type)) push(event);
  }

  #listen(options: readonly (string | { readonly signal?: AbortSignal })[]) {
    const names = options.filter((one) => typeof one === 'string');
    const signal = options.flatMap((one) => (typeof one === 'string' ? [] : [one.signal]))[0];
    const queue: object[] = [];
    let wake = (): void => {};
    let ended: { readonly error: unknown } | undefined;
    const end = (error: unknown): void => {
      ended = { error };
      wake();
    };
    const push = (event: object): void => {
      queue.push(event);
      wake();
    };
    const listener: Listener = { names, push, end };
    const listeners = this.#listeners;
    listeners.add(listener);
    const stop = (): void => end(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    const dispose = async (): Promise<void> => {
      listeners.delete(listener);
      signal?.removeEventListener('abort', stop);
    };
    return {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const event = queue.shift();
          if (event !== undefined) yield event;
          else if (ended !== undefined) throw ended.error;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
      [Symbol.asyncDispose]: dispose,
    };
  }

  #documents(): { readonly consensus: string; readonly microdescs: string } {
    const generated = generateConsensus({ relays: 12, flavor: 'microdesc', seed: 3, validAfterMs: this.validAfterMs });
    const microdescs: string[] = [];
    const routers = generated.routers.map((router) => {
      const id = base64(bytesNamed(`${router.fingerprint} ed25519`));
      const text = `onion-key\nntor-onion-key ${base64(bytesNamed(`${router.fingerprint} ntor`))}\nid ed25519 ${id}\n`;
      microdescs.push(text);
      return {
        ...router,
        flags: ['Fast', 'HSDir', 'Running', 'Stable', 'V2Dir', 'Valid'],
        microdescDigest: hash('sha256', text, 'base64').slice(0, 43),
      };
    });
    return { consensus: renderConsensus({ ...generated, routers }), microdescs: microdescs.join('') };
  }
}

const lost = (): TorError =>
  new TorError('tor closed the connection', { kind: 'unreachable', code: 'control-closed', place: 'tor' });
