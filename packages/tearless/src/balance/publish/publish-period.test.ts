// Directories that lie and refuse, played by a control port that is none: real ones are in test/integration/balance.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { bytesNamed, makeContent, makeService, nowMs, randomNamed } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { Turns } from '../circuits/turns.ts';
import { LearnMemory } from '../learn/learn-memory.ts';
import { decodeWorker, introPointsOf } from '../learn/learnt.ts';
import { pointKey } from '../model/layout.ts';
import { agreeTraits } from './content.ts';
import { makePeriodKeys } from './period-keys.ts';
import { type PublishOptions, publishPeriod } from './publish-period.ts';

const period = { number: 20_463, lengthMinutes: 1440, startMs: nowMs - 3_600_000, endMs: nowMs + 3_600_000 };
const secret = expandSeed(bytesNamed('frontend identity'));
const publicKey = publicKeyOf(secret);
const address = encodeOnionAddress(publicKey);
const keys = makePeriodKeys({ address, publicKey, secret }, period, randomNamed('frontend'));
const service = makeService('worker');
const onionAddress = encodeOnionAddress(service.publicKey);
const learnt = decodeWorker(encodeDescriptor(makeContent('worker', service, 2), service), {
  address: onionAddress,
  periods: [period],
  nowMs,
  memory: new LearnMemory(),
});
const refs = introPointsOf(learnt).map((point, index) => ({ worker: 'w', index, key: pointKey(point) }));
const directories = ['A'.repeat(40), 'B'.repeat(40)];
const [honest = '', odd = ''] = directories;
const worker = { id: 'w', onionAddress, weight: 1, state: 'in' } as const;
const points = [{ worker, introPoints: introPointsOf(learnt), learntAtMs: nowMs, descriptorValidForMs: 1 }];
const layout = {
  policy: 'single',
  round: 0,
  chosen: new Map(directories.map((one) => [one, refs])),
  copies: new Map<string, string>(),
} as const;

type Answer = 'take' | 'refuse' | 'fail';

/** Directories as the control port shows them. `answer` says what one does with an upload. */
class Directories {
  readonly held = new Map<string, string>();
  readonly posts: string[] = [];
  readonly #queue: object[] = [];
  readonly #answer: (directory: string, counter: bigint) => Answer;

  constructor(answer: (directory: string, counter: bigint) => Answer) {
    this.#answer = answer;
  }

  counterAt(directory: string): bigint {
    const text = this.held.get(directory) ?? '';
    return decodeDescriptor(text, { keys: keys.keys, nowMs }).revisionCounter;
  }

  readonly controller = {
    events: () => {
      const queue = this.#queue;
      return {
        async *[Symbol.asyncIterator]() {
          yield* queue.splice(0);
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
    hsPost: async (text: string, { servers: [directory = ''] }: { servers: string[] }) => {
      this.posts.push(directory);
      const does = this.#answer(directory, decodeDescriptor(text, { keys: keys.keys, nowMs }).revisionCounter);
      if (does === 'take') this.held.set(directory, text);
      const reason = does === 'refuse' ? 'UPLOAD_REJECTED' : 'TIMEOUT';
      this.#tell(directory, does === 'take' ? { action: 'UPLOADED' } : { action: 'FAILED', reason });
    },
    hsFetch: async (_: string, { servers: [directory = ''] }: { servers: string[] }) => {
      const descriptor = this.held.get(directory);
      if (descriptor === undefined) this.#tell(directory, { action: 'FAILED', reason: 'NOT_FOUND' });
      else this.#tell(directory, { type: 'HS_DESC_CONTENT', descriptor });
    },
  } as unknown as Controller;

  #tell(directory: string, event: object): void {
    this.#queue.push({
      type: 'HS_DESC',
      address: address.replace('.onion', ''),
      hsDir: { fingerprint: directory },
      ...event,
    });
  }
}

/** Pauses between attempts are over at once; nothing takes longer than those. */
const sleep = (ms: number): Promise<void> => (ms <= 4_000 ? Promise.resolve() : new Promise(() => {}));
const clock = { now: () => nowMs, sleep };

const publish = async (network: Directories, changes: Partial<PublishOptions> = {}) => {
  const noted: bigint[] = [];
  const round = await publishPeriod({
    controller: network.controller,
    address,
    keys,
    slot: {
      period,
      sharedRandom: bytesNamed('srv'),
      isDisaster: false,
      runStartMs: nowMs - 7_200_000,
      isFetched: true,
    },
    content: {
      layout,
      points,
      traits: agreeTraits([learnt]),
      declared: { clients: [], caa: [], isCaaCritical: false },
    },
    lastCounter: null,
    noteCounter: async (counter) => {
      noted.push(counter);
    },
    // One circuit at a time: the played control port has one queue for all.
    turns: new Turns({ mostAtOnce: 1, uploads: { perSecond: 1, most: 1000 } }, clock),
    urgency: 'round',
    underWay: new Map(),
    superseded: new AbortController().signal,
    mayPublish: () => true,
    clock,
    randomBytes: randomNamed('round'),
    signal: new AbortController().signal,
    ...changes,
  });
  return { ...round, noted, states: round.results.map(({ state }) => state) };
};

describe('a round at its directories', () => {
  it('is verified by what they hold then, with a counter above the last one', async () => {
    const network = new Directories(() => 'take');
    const { states, revisionCounter, noted } = await publish(network, { lastCounter: 2n ** 40n });
    assert.deepEqual(states, ['verified', 'verified']);
    assert.equal(revisionCounter, 2n ** 40n + 1n);
    assert.deepEqual(noted, [revisionCounter]);
  });

  it('goes above the counter that a directory holds, at all of them', async () => {
    const network = new Directories((directory, counter) =>
      network.held.has(directory) && counter <= network.counterAt(directory) ? 'refuse' : 'take',
    );
    const before = await publish(network, { lastCounter: 2n ** 41n });
    network.held.delete(honest);
    const { states, revisionCounter } = await publish(network);
    assert.ok(revisionCounter > before.revisionCounter);
    assert.deepEqual(states, ['verified', 'verified']);
    assert.equal(network.counterAt(honest), revisionCounter);
  });

  it('is not driven on by a directory that refuses whatever comes', async () => {
    const network = new Directories((directory) => (directory === odd ? 'refuse' : 'take'));
    const { states, noted, results } = await publish(network);
    assert.deepEqual(states, ['verified', 'failed']);
    assert.equal(results[1]?.reason, 'UPLOAD_REJECTED');
    assert.equal(noted.length, 1);
  });

  it('goes further for a period that cannot be read, when most refuse, but not for ever', async () => {
    const slot = { period, sharedRandom: bytesNamed('srv'), isDisaster: false, runStartMs: nowMs, isFetched: false };
    const ahead = keys.counters.at(nowMs + 2 * 3_600_000, nowMs);
    const network = new Directories((_, counter) => (counter > ahead ? 'take' : 'refuse'));
    const { states, revisionCounter } = await publish(network, { slot });
    assert.deepEqual(states, ['uploaded', 'uploaded']);
    assert.ok(revisionCounter > ahead);
    const { noted } = await publish(new Directories(() => 'refuse'), { slot });
    assert.equal(noted.length, 4);
  });

  it('does not believe a directory that took it and has nothing', async () => {
    const network = new Directories(() => 'take');
    const held = network.held.set.bind(network.held);
    network.held.set = (directory, text) => (directory === odd ? network.held : held(directory, text));
    assert.deepEqual((await publish(network)).states, ['verified', 'failed']);
  });

  it('is not tried again at once where it took long to fail', async () => {
    let atMs = nowMs;
    const network = new Directories((directory) => {
      if (directory === odd) atMs += 20_000;
      return directory === odd ? 'fail' : 'take';
    });
    const slow = { now: () => atMs, sleep };
    const { results } = await publish(network, { clock: slow });
    assert.deepEqual(
      results.map(({ state, attempts }) => [state, attempts]),
      [
        ['verified', 1],
        ['failed', 1],
      ],
    );
  });

  it('is tried again where it fails, and then goes on without', async () => {
    let failures = 0;
    const network = new Directories((directory) => (directory === odd && failures++ < 2 ? 'fail' : 'take'));
    assert.deepEqual((await publish(network)).states, ['verified', 'verified']);
    const dead = new Directories((directory) => (directory === odd ? 'fail' : 'take'));
    assert.deepEqual((await publish(dead)).states, ['verified', 'failed']);
    assert.equal(dead.posts.filter((directory) => directory === odd).length, 3);
  });
});
