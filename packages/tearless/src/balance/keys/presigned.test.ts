import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { certificateExpiryMs, findCertificateProblem } from '@tearless/tor/hsdesc/certificate.ts';
import { certificateTypes } from '@tearless/tor/netdoc/ed25519-certificate.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { type PeriodRules, timePeriodAt, timePeriodNumbered } from '@tearless/tor/onion/time-period.ts';
import fc from 'fast-check';
import { type FrontendKey, keysFromIdentity } from '../publish/period-keys.ts';
import { listPresignPeriods, type Presigned, presignedUntilMs, presignPeriod } from './presigned.ts';
import { isPresigned, parsePresigned, renderPresigned } from './presigned-file.ts';
import { keysFromPresigned } from './presigned-keys.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const rules: PeriodRules = { periodMinutes: 1440, offsetSeconds: 12 * 3600 };
const nowMs = Date.UTC(2026, 4, 10, 15, 30);

/** The same bytes for the same seed, others at each call. */
const randomFrom = (seed: string) => {
  let calls = 0;
  return (bytes: number): Uint8Array =>
    new Uint8Array(createHash('shake256', { outputLength: bytes }).update(`${seed} ${calls++}`).digest());
};

const keyFrom = (seed: string): FrontendKey => {
  const secret = expandSeed(randomFrom(seed)(32));
  const publicKey = publicKeyOf(secret);
  return { address: encodeOnionAddress(publicKey), publicKey, secret };
};

const key = keyFrom('frontend');

const presign = (days: number, owner = key): Presigned => {
  const random = randomFrom('signing keys');
  const periods = listPresignPeriods(rules, nowMs, days).map((period) => presignPeriod(owner, period, rules, random));
  return { address: owner.address, publicKey: owner.publicKey, madeMs: nowMs, rules, periods };
};

const presigned = presign(2);
const text = renderPresigned(presigned, key).reveal();

/** With secrets that can be compared. */
const plain = ({ periods, ...rest }: Presigned) => ({
  ...rest,
  periods: periods.map(({ signingSeed, counterKey, ...one }) => ({
    ...one,
    signingSeed: signingSeed.reveal(),
    counterKey: counterKey.reveal(),
  })),
});

describe('keys made ahead', () => {
  it('are of the period before, the current one, and on to the one after the last day', () => {
    const numbers = listPresignPeriods(rules, nowMs, 2).map(({ number }) => number);
    const now = timePeriodAt(rules, nowMs).number;
    assert.deepEqual(numbers, [now - 1, now, now + 1, now + 2, now + 3]);
    assert.ok(presignedUntilMs(presigned) > nowMs + 2 * dayMs);
  });

  it('have for each hour in which a descriptor is published the certificate that tor would make then', () => {
    const { period } = presigned.periods[1] ?? {};
    assert.ok(period !== undefined);
    const keys = keysFromPresigned(presigned).of(period);
    assert.ok(keys !== undefined);
    const type = certificateTypes.hsDescriptorSigningKeyByBlindedKey;
    const signer = keysFromIdentity(key, randomFrom('other')).of(period)?.keys.blindedKey;
    assert.ok(signer !== undefined);
    for (let atMs = period.startMs - 12 * hourMs; atMs <= period.endMs + 12 * hourMs; atMs += hourMs / 2) {
      const certificate = keys.certify(atMs);
      assert.equal(certificate.expiresMs, certificateExpiryMs(atMs));
      assert.equal(findCertificateProblem(certificate, { type, signer, nowMs: atMs }), null);
      assert.deepEqual(certificate.certifiedKey, keys.signer.publicKey);
    }
    // Beyond that the nearest: it is still by the right key.
    assert.equal(
      findCertificateProblem(keys.certify(period.endMs + dayMs), { type, signer, nowMs: period.endMs }),
      null,
    );
  });

  it('count as the service’s own key does, so that one can take over from the other', () => {
    const ahead = keysFromPresigned(presigned);
    const identity = keysFromIdentity(key, randomFrom('other'));
    for (const { period } of presigned.periods) {
      const [one, other] = [ahead.of(period), identity.of(period)];
      assert.equal(one?.descriptorId, other?.descriptorId);
      assert.deepEqual(one?.keys, other?.keys);
      const atMs = period.startMs + 5 * hourMs;
      assert.equal(one?.counters.at(atMs, period.startMs), other?.counters.at(atMs, period.startMs));
    }
  });

  it('have another signing key in each period', () => {
    const seeds = presigned.periods.map(({ signingSeed }) => Buffer.from(signingSeed.reveal()).toString('hex'));
    assert.equal(new Set(seeds).size, presigned.periods.length);
  });

  it('are none beyond their periods, and none for periods of another length', () => {
    const keys = keysFromPresigned(presigned);
    const [first, last] = [presigned.periods[0]?.period, presigned.periods.at(-1)?.period];
    assert.ok(first !== undefined && last !== undefined);
    assert.equal(keys.of({ ...first, number: first.number - 1 }), undefined);
    assert.equal(keys.of({ ...last, number: last.number + 1 }), undefined);
    assert.notEqual(keys.of(last), undefined);
    assert.equal(keys.of({ ...last, lengthMinutes: 720 }), undefined);
  });
});

describe('the file of keys made ahead', () => {
  it('gives back what went in', () => {
    assert.ok(isPresigned(Buffer.from(text)));
    const read = parsePresigned(text, 'ahead.json');
    assert.deepEqual(plain(read), plain(presigned));
  });

  it('holds neither the service’s key nor a blinded one', () => {
    const secret = Buffer.from(key.secret.reveal());
    for (const form of ['base64', 'hex'] as const) {
      assert.ok(!text.includes(secret.subarray(0, 32).toString(form).slice(0, 40)));
    }
    assert.deepEqual(Object.keys(JSON.parse(text).periods[0]).sort(), [
      'certificateSignatures',
      'counterKey',
      'firstExpiryHour',
      'number',
      'signingSeed',
    ]);
  });

  const refused = (changed: string, why: RegExp) =>
    assert.throws(() => parsePresigned(changed, 'ahead.json'), {
      name: 'BalanceError',
      code: 'balance-presigned',
      message: why,
    });
  const change = (
    act: (document: { [key: string]: unknown; periods: { [key: string]: unknown }[] }) => void,
  ): string => {
    const document = JSON.parse(text);
    act(document);
    return JSON.stringify(document);
  };

  it('is refused when anything in it was changed', () => {
    const other = Buffer.alloc(32, 9).toString('base64');
    for (const field of ['signingSeed', 'counterKey'])
      refused(
        change(({ periods }) => Object.assign(periods[1] ?? {}, { [field]: other })),
        /has not signed/,
      );
    refused(
      change(({ periods }) => periods.pop()),
      /has not signed/,
    );
    refused(
      change((document) => Object.assign(document, { made: '2020-01-01T00:00:00.000Z' })),
      /has not signed/,
    );
  });

  it('is refused when a single character is another', () => {
    const places = [...text.matchAll(/[A-Za-z0-9+/]/g)].map(({ index }) => index);
    const change = fc.record({ at: fc.constantFrom(...places), by: fc.constantFrom('0', 'A', 'g', 'w', '9', 'z') });
    fc.assert(
      fc.property(change, ({ at, by }) => {
        fc.pre(text[at] !== by);
        assert.throws(() => parsePresigned(text.slice(0, at) + by + text.slice(at + 1), 'ahead.json'), {
          name: 'BalanceError',
        });
      }),
      { seed: 7, numRuns: 300 },
    );
    const end = text.lastIndexOf('==');
    const other = text[end - 1] === 'Q' ? 'R' : 'Q';
    refused(text.slice(0, end - 1) + other + text.slice(end), /has not signed/);
  });

  it('gives back what went in for periods of any length', () => {
    const shape = fc.record({
      periodMinutes: fc.integer({ min: 4, max: 14_400 }),
      offsetSeconds: fc.integer({ min: 0, max: 86_400 }),
      first: fc.integer({ min: 1000, max: 30_000 }),
      count: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(shape, ({ first, count, ...lengths }) => {
        const periods = Array.from({ length: count }, (_, index) =>
          presignPeriod(key, timePeriodNumbered(lengths, first + index), lengths, randomFrom('any')),
        );
        const before = { ...presigned, rules: lengths, periods };
        const read = parsePresigned(renderPresigned(before, key).reveal(), 'ahead.json');
        assert.deepEqual(plain(read), plain(before));
      }),
      { seed: 7, numRuns: 12 },
    );
  });

  it('is refused when another key made it', () => {
    const other = keyFrom('other');
    refused(
      change((document) => Object.assign(document, { address: other.address })),
      /has not signed/,
    );
    refused(renderPresigned(presign(1), other).reveal(), /has not signed/);
  });

  it('is refused, and not quoted, when it is cut off or has other fields', () => {
    refused(text.slice(0, -10), /not JSON/);
    refused('{}', /schema/);
    const secret = Buffer.alloc(40, 7).toString('base64');
    const wrong = change(({ periods }) => Object.assign(periods[0] ?? {}, { signingSeed: secret }));
    refused(wrong, /periods\.0\.signingSeed/);
    assert.throws(
      () => parsePresigned(wrong, 'ahead.json'),
      (error: Error) => !error.message.includes(secret.slice(0, 8)),
    );
  });
});
