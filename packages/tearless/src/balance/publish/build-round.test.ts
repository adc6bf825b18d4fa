import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TorError } from '@tearless/tor/error.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { bytesNamed, makeContent, makeService, nowMs, randomNamed } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { LearnMemory } from '../learn/learn-memory.ts';
import { decodeWorker, introPointsOf, type Learnt } from '../learn/learnt.ts';
import { type Layout, pointKey } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { buildRound } from './build-round.ts';
import { agreeTraits } from './content.ts';
import { makePeriodKeys } from './period-keys.ts';

const period = { number: 20_463, lengthMinutes: 1440, startMs: nowMs - 3_600_000, endMs: nowMs + 3_600_000 };
const secret = expandSeed(bytesNamed('frontend identity'));
const publicKey = publicKeyOf(secret);
const keys = makePeriodKeys(
  { address: encodeOnionAddress(publicKey), publicKey, secret },
  period,
  randomNamed('frontend'),
);

const decode = (text: string, address: string, nowAtMs: number) =>
  decodeWorker(text, { address, periods: [period], nowMs: nowAtMs, memory: new LearnMemory() });
const open = { clients: [], caa: [], isCaaCritical: false };

const worker = (name: string, points: number) => {
  const service = makeService(name);
  const address = encodeOnionAddress(service.publicKey);
  const text = encodeDescriptor(makeContent(name, service, points), service);
  return { name, address, text, learnt: decode(text, address, nowMs) };
};
const pointsOf = ({ name, address, learnt }: ReturnType<typeof worker>): WorkerPoints => ({
  worker: { id: name, onionAddress: address, weight: 1, state: 'in' },
  introPoints: introPointsOf(learnt),
  learntAtMs: nowMs,
  descriptorValidForMs: 3_600_000,
});

describe('a round', () => {
  const [a, b] = [worker('a', 3), worker('b', 2)];
  const points = [pointsOf(a), pointsOf(b)];
  const refs = points.flatMap((one) =>
    one.introPoints.map((point, index) => ({ worker: one.worker.id, index, key: pointKey(point) })),
  );
  const layout: Layout = {
    policy: 'distinct',
    round: 0,
    chosen: new Map([
      ['A', refs.slice(0, 3)],
      ['B', refs.slice(2)],
    ]),
    copies: new Map(),
  };
  const traits = agreeTraits([a.learnt, b.learnt]);
  const build = (revisionCounter: bigint) =>
    buildRound(
      keys,
      { layout, points, traits, declared: open },
      { nowMs, revisionCounter, random: randomNamed('round') },
    );

  it('has a descriptor of the frontend for each directory: the workers’ points, one counter, one lifetime', () => {
    const texts = build(77n);
    assert.deepEqual([...texts.keys()], ['A', 'B']);
    for (const [directory, text] of texts) {
      const { revisionCounter, inner, refused, lifetimeMinutes } = decodeDescriptor(text, { keys: keys.keys, nowMs });
      assert.deepEqual([revisionCounter, lifetimeMinutes, refused.length], [77n, 180, 0]);
      assert.deepEqual(
        inner.introPoints.map(pointKey),
        layout.chosen.get(directory)?.map(({ key }) => key),
      );
      assert.deepEqual(inner.flowControl, a.learnt.flowControl);
      assert.equal(inner.powParams, null);
    }
  });

  it('needs no secret of a worker, and nobody but the frontend could have made it', () => {
    const [text = ''] = build(78n).values();
    assert.throws(
      () => decode(text, a.address, nowMs),
      (error) => error instanceof TorError && error.code === 'hsdesc-wrong-key',
    );
  });
});

describe('what a frontend promises', () => {
  const one = worker('one', 1).learnt;
  const without: Learnt = { ...one, flowControl: null };
  const single: Learnt = { ...one, isSingleOnionService: true };
  it('is what every worker keeps', () => {
    assert.deepEqual(agreeTraits([one, one]).flowControl, one.flowControl);
    assert.equal(agreeTraits([one, without]).flowControl, null);
    assert.equal(agreeTraits([one, single]).isSingleOnionService, false);
    assert.equal(agreeTraits([single, single]).isSingleOnionService, true);
    assert.deepEqual(agreeTraits([]), { flowControl: null, isSingleOnionService: false });
  });
});

describe('a worker’s descriptor', () => {
  const [mine, other] = [worker('mine', 2), worker('other', 2)];
  const refused = (code: RegExp) => (error: unknown) => error instanceof Error && code.test((error as TorError).code);
  for (const [what, text, atMs, code] of [
    ['of another service', other.text, nowMs, /^hsdesc-wrong-key$/],
    ['that was cut off', mine.text.slice(0, -200), nowMs, /^(hsdesc|netdoc)-/],
    [
      'that was changed',
      mine.text.replace(/revision-counter \d+/, 'revision-counter 9'),
      nowMs,
      /^hsdesc-bad-signature$/,
    ],
    ['that has ended', mine.text, nowMs + 60 * 3_600_000, /^hsdesc-bad-certificate$/],
    ['that is too long', `${mine.text}${'x'.repeat(60_000)}`, nowMs, /^hsdesc-too-large$/],
  ] as const)
    it(`${what} is refused`, () => {
      assert.throws(() => decode(text, mine.address, atMs), refused(code));
    });

  it('of a service without introduction points is refused', () => {
    const service = makeService('bare');
    const text = encodeDescriptor(makeContent('bare', service, 0), service);
    assert.throws(() => decode(text, encodeOnionAddress(service.publicKey), nowMs), refused(/^balance-no-points$/));
  });
});
