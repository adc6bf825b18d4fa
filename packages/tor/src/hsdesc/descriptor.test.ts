import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../fuzz/harness.ts';
import { hsdescFuzz } from '../../fuzz/hsdesc.ts';
import { hsdescLayersFuzz } from '../../fuzz/hsdesc-layers.ts';
import { parseConsensus } from '../netdoc/consensus.ts';
import { parseOnionAddress } from '../onion/address.ts';
import { deriveDescriptorKeys, deriveSubcredential } from '../onion/credential.ts';
import type { LinkSpecifier } from '../onion/link-specifier.ts';
import { planOnionSchedule } from '../onion/schedule.ts';
import { readRecordings } from '../onion/testing/recordings.ts';
import { fromHex, readText, toHex } from '../onion/testing/vectors.ts';
import { Sensitive } from '../sensitive.ts';
import { CertificateMemory, certificateExpiryMs } from './certificate.ts';
import { type DecodedDescriptor, decodeDescriptor, openDescriptor } from './decode-descriptor.ts';
import { type DescriptorContent, encodeDescriptor } from './encode-descriptor.ts';
import { recertifyIntroPoint } from './intro-point.ts';
import { bytesNamed, makeContent, makeIntroPoint, makeService, nowMs, period } from './testing/descriptors.ts';

/** Signs nothing: gives the signature that a descriptor of C tor has, whose signing key nobody knows. */
const signerOf = ({ outer }: DecodedDescriptor) => ({ publicKey: outer.signingKey, sign: () => outer.signature });

describe('descriptors of C tor', () => {
  const { clientSecret, recordings } = readRecordings();
  const client = new Sensitive(new Uint8Array(Buffer.from(clientSecret, 'base64')));

  for (const [i, { kind, address, recordedMs, consensus, fetched, own }] of recordings.entries()) {
    const { first, second } = planOnionSchedule(parseConsensus(consensus), { isTestNetwork: true });
    const read = first.isFetched ? first : second;
    const identity = parseOnionAddress(address);
    for (const [what, text, slot] of [
      ['as a client got it', fetched.descriptor, read],
      ['as its tor gives it', own, first],
    ] as const) {
      test(`${i} ${kind}, ${what}: decoded in full, and encoded again to the same bytes`, () => {
        const keys = deriveDescriptorKeys(identity, slot.period);
        const options = { keys, nowMs: recordedMs, ...(kind === 'restricted' ? { clientSecret: client } : {}) };
        const decoded = decodeDescriptor(text, options);
        const { inner, middle, refused } = decoded;
        assert.deepEqual(refused, []);
        assert.equal(inner.introPoints.length, 3);
        assert.equal(middle.authClients.length, 16);
        assert.deepEqual(inner.flowControl, { versions: '1-2', sendmeIncrement: 31 });
        assert.equal(inner.powParams?.suggestedEffort, kind === 'work' ? 0 : undefined);
        assert.equal(decoded.descriptorCookie === null, kind !== 'restricted');
        assert.equal(encodeDescriptor(decoded, { keys, signer: signerOf(decoded) }), text);
      });
    }
    test(`${i} ${kind}: its points are relays of the network`, () => {
      const keys = deriveDescriptorKeys(identity, read.period);
      const { inner } = decodeDescriptor(fetched.descriptor, { keys, nowMs: recordedMs, clientSecret: client });
      const known = new Set(parseConsensus(consensus).routers.map(({ fingerprint }) => fingerprint));
      const named = inner.introPoints.flatMap(({ linkSpecifiers }) =>
        linkSpecifiers.flatMap((one: LinkSpecifier) => (one.kind === 'rsa-id' ? one.fingerprint : [])),
      );
      assert.equal(named.length, 3);
      assert.ok(named.every((fingerprint) => known.has(fingerprint)));
    });
  }

  test('a restricted one is closed to those without a key and with another', () => {
    const restricted = recordings.find(({ kind }) => kind === 'restricted');
    assert.ok(restricted);
    const { first, second } = planOnionSchedule(parseConsensus(restricted.consensus), { isTestNetwork: true });
    const keys = deriveDescriptorKeys(parseOnionAddress(restricted.address), (first.isFetched ? first : second).period);
    for (const other of [undefined, new Sensitive(bytesNamed('stranger'))]) {
      const options = { keys, nowMs: restricted.recordedMs, clientSecret: other };
      assert.throws(() => decodeDescriptor(restricted.fetched.descriptor, options), {
        code: 'hsdesc-bad-mac',
        message: /^inner layer/,
      });
    }
  });
});

describe('descriptors of other collections', () => {
  test('Arti’s first: points, and the same bytes again', () => {
    const text = readText('hsdesc/arti-hsdesc1.txt');
    const keys = {
      blindedKey: fromHex('43cc0d62fc6252f578705ca645a46109e265290343b1137e90189744b20b3f2d'),
      subcredential: fromHex('78210a0d2c72bb7a0caf606bcd938b9a3696894fdddbc3b87d424753a7e3df37'),
    };
    const decoded = decodeDescriptor(text, { keys, nowMs: Date.UTC(2023, 0, 23, 15) });
    assert.equal(decoded.inner.introPoints.length, 3);
    assert.equal(encodeDescriptor(decoded, { keys, signer: signerOf(decoded) }), text);
  });

  test('Arti’s second, with client authorization', () => {
    const text = readText('hsdesc/arti-hsdesc2.txt');
    const address = 'paozpdhgz2okvc6kgbxvh2bnfsmt4xergrtcl4obkhopyvwxkpjzvoad.onion';
    const keys = deriveDescriptorKeys(parseOnionAddress(address), { number: 19_397, lengthMinutes: 1440 });
    assert.equal(toHex(keys.subcredential), '24a133e905102bda9a6afe57f901366a1b8281865a91f1fe0853e4b50cc8b070');
    const clientSecret = new Sensitive(fromHex('90f2d60f917f2423f0989ce9979639435a5b01cf7ab3e0a1b900beb892bae443'));
    const decoded = decodeDescriptor(text, { keys, nowMs: Date.UTC(2023, 0, 23, 15), clientSecret });
    assert.equal(decoded.inner.introPoints.length, 3);
    assert.equal(encodeDescriptor(decoded, { keys, signer: signerOf(decoded) }), text);
    assert.throws(() => decodeDescriptor(text, { keys, nowMs: Date.UTC(2023, 0, 23, 15) }), {
      code: 'hsdesc-bad-mac',
    });
  });

  test('stem’s of 2017: its period is found, and its legacy points are refused by line', () => {
    const text = readText('hsdesc/stem-hidden_service_v3');
    const identity = parseOnionAddress('sltib6sxkuxh2scmtuvd5w2g7pahnzkovefxpo4e4ptnkzl5kkq5h2ad.onion');
    const keys = deriveDescriptorKeys(identity, { number: 17_391, lengthMinutes: 1440 });
    const { inner, refused, revisionCounter } = decodeDescriptor(text, { keys, nowMs: Date.UTC(2017, 7, 13) });
    assert.equal(revisionCounter, 42n);
    assert.deepEqual(inner.introAuthRequired, ['ed25519']);
    assert.equal(inner.isSingleOnionService, true);
    assert.equal(inner.introPoints.length, 2);
    assert.deepEqual(
      refused.map(({ code, line }) => [code, line]),
      [
        ['hsdesc-legacy-intro-point', 49],
        ['hsdesc-legacy-intro-point', 77],
      ],
    );
    assert.equal(deriveSubcredential(identity, keys.blindedKey).length, 32);
  });
});

const service = makeService('service');
const decode = (text: string, more: Partial<Parameters<typeof decodeDescriptor>[1]> = {}) =>
  decodeDescriptor(text, { keys: service.keys, nowMs, ...more });
const encode = (content: DescriptorContent, maxBytes?: number) => encodeDescriptor(content, { ...service, maxBytes });

describe('descriptors made here', () => {
  test('any content comes back as it was, from the same bytes', () => {
    const points = Array.from({ length: 20 }, (_, i) => makeIntroPoint(`point ${i}`, service.signer));
    const item = fc.constantFrom('x-future 1', 'x-object\n-----BEGIN X-----\nAAAA\n-----END X-----', 'pow-params v9 x');
    const base = makeContent('any', service, 0);
    const content: fc.Arbitrary<DescriptorContent> = fc
      .record({
        lifetimeMinutes: fc.integer({ min: 30, max: 720 }),
        revisionCounter: fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
        isCaaCritical: fc.boolean(),
        middleUnknown: fc.array(fc.constantFrom('x-middle', 'x-other a b'), { maxLength: 2 }),
        create2Formats: fc.array(fc.nat(65_535), { maxLength: 3 }).map((more) => [...more, 2]),
        introAuthRequired: fc.constantFrom(null, ['ed25519'], ['password', 'ed25519']),
        isSingleOnionService: fc.boolean(),
        flowControl: fc.constantFrom(null, { versions: '1-2', sendmeIncrement: 31 }),
        powParams: fc.option(
          fc.record(
            {
              seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
              suggestedEffort: fc.nat(2 ** 31),
              expiresMs: fc.nat(2 ** 31).map((seconds) => seconds * 1000),
            },
            { noNullPrototype: true },
          ),
        ),
        caa: fc.array(
          fc.constantFrom(
            { flags: 0, tag: 'issue', value: '"example.org; x=1"' },
            { flags: 128, tag: 'iodef', value: 'a' },
          ),
          { maxLength: 3 },
        ),
        unknown: fc.array(item, { maxLength: 3 }),
        introPoints: fc.subarray(points, { minLength: 0, maxLength: 20 }),
        pointUnknown: fc.array(fc.constantFrom('onion-key kyber AAAA', 'x-point 1'), { maxLength: 2 }),
      })
      .map(({ lifetimeMinutes, revisionCounter, isCaaCritical, middleUnknown, pointUnknown, ...inner }) => ({
        ...base,
        lifetimeMinutes,
        revisionCounter,
        middle: { ...base.middle, isCaaCritical, unknown: middleUnknown },
        inner: {
          ...inner,
          introPoints: inner.introPoints.map((point, i) => ({ ...point, unknown: i === 0 ? pointUnknown : [] })),
        },
      }));
    fc.assert(
      fc.property(content, (made) => {
        const text = encode(made);
        const { outer, refused, ...decoded } = decode(text);
        assert.deepEqual(refused, []);
        assert.deepEqual(decoded, made);
        assert.equal(encode(decoded), text);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('sizes are the classes of plain services: up to 8 points, up to 18, up to 20', () => {
    const size = (points: number) => encode(makeContent(`of ${points}`, service, points)).length;
    const one = size(1);
    assert.ok(one > 14_000 && one < 14_200, `${one}`);
    assert.deepEqual([size(0), size(3), size(8)], [one, one, one]);
    assert.ok(size(9) > 27_000 && size(9) === size(17));
    assert.ok(size(20) > 41_000 && size(20) < 41_400);
  });

  test('a worker’s point under the balancer’s key needs nothing but the point', () => {
    const worker = makeService('worker');
    const theirs = decodeDescriptor(encodeDescriptor(makeContent('w', worker, 3), worker), {
      keys: worker.keys,
      nowMs,
    });
    const expiresMs = certificateExpiryMs(nowMs);
    const introPoints = theirs.inner.introPoints.map((point) => recertifyIntroPoint(point, service.signer, expiresMs));
    const content = makeContent('front', service, 0);
    const decoded = decode(encode({ ...content, inner: { ...content.inner, introPoints } }));
    assert.deepEqual(decoded.refused, []);
    assert.deepEqual(
      decoded.inner.introPoints.map(({ encKey, authKeyCertificate }) => [encKey, authKeyCertificate.certifiedKey]),
      theirs.inner.introPoints.map(({ encKey, authKeyCertificate }) => [encKey, authKeyCertificate.certifiedKey]),
    );
  });

  test('points that are certified by another key are not encoded', () => {
    const foreign = makeIntroPoint('foreign', makeService('other').signer);
    const content = makeContent('front', service, 1);
    const wrong = { ...content, inner: { ...content.inner, introPoints: [foreign] } };
    assert.throws(() => encode(wrong), { code: 'hsdesc-wrong-key' });
    assert.throws(() => encodeDescriptor(content, { ...makeService('other'), keys: service.keys }), {
      code: 'hsdesc-wrong-key',
    });
    assert.throws(() => encodeDescriptor(content, { ...service, keys: makeService('other').keys }), {
      code: 'hsdesc-wrong-key',
    });
  });

  test('what directories or clients would refuse is not encoded', () => {
    assert.throws(() => encode(makeContent('many', service, 21)), { code: 'hsdesc-too-many-intro-points' });
    const content = makeContent('large', service, 1);
    assert.throws(() => encode(content, 14_000), { code: 'hsdesc-too-large' });
    assert.throws(() => encode({ ...content, revisionCounter: 2n ** 64n - 1n }), { code: 'hsdesc-bad-value' });
    const salts = { ...content.salts, inner: new Uint8Array(15) };
    assert.throws(() => encode({ ...content, salts }), { code: 'onion-bad-length' });
  });
});

describe('descriptors that must not be believed', () => {
  const content = makeContent('victim', service, 2);
  const text = encode(content);

  test('of another service, or of another period', () => {
    const keys = deriveDescriptorKeys(service.publicKey, { ...period, number: period.number + 1 });
    for (const wrong of [keys, makeService('other').keys]) {
      assert.throws(() => decode(text, { keys: wrong }), { code: 'hsdesc-wrong-key', message: /^outer layer/ });
    }
  });

  test('made by someone who knows the address but not the key', () => {
    const forger = makeService('forger');
    const forged = encodeDescriptor(makeContent('forged', forger, 2), forger);
    assert.throws(() => decode(forged), { code: 'hsdesc-wrong-key' });
    const stolen = { ...makeContent('forged', forger, 0), signingCertificate: content.signingCertificate };
    assert.throws(() => encode({ ...stolen, inner: makeContent('forged', forger, 1).inner }), {
      code: 'hsdesc-wrong-key',
    });
  });

  test('expired, by the time handed in', () => {
    const { expiresMs } = content.signingCertificate;
    assert.throws(() => decode(text, { nowMs: expiresMs }), { code: 'hsdesc-bad-certificate', message: /expired/ });
    assert.doesNotThrow(() => decode(text, { nowMs: expiresMs - 1 }));
  });

  test('with any one character changed', () => {
    const lines = text.split('\n');
    let tried = 0;
    for (const [i, line] of lines.entries()) {
      if (line === '' || (i > 12 && i < lines.length - 4 && i % 29 !== 0)) continue;
      const at = Math.floor(line.length / 2);
      const changed = line[at] === 'A' ? 'B' : 'A';
      const bad = lines.with(i, line.slice(0, at) + changed + line.slice(at + 1)).join('\n');
      tried++;
      assert.throws(() => decode(bad), { name: 'TorError' }, `line ${i + 1}`);
    }
    assert.ok(tried > 20);
  });

  test('can be looked at all the same, by who asks for that', () => {
    const unsigned = text.replace(/^signature .*$/m, `signature ${'A'.repeat(86)}`);
    assert.throws(() => decode(unsigned), { code: 'hsdesc-bad-signature' });
    assert.deepEqual(openDescriptor(unsigned, service).inner, decode(text).inner);
    assert.throws(() => openDescriptor(text, makeService('other')), { code: 'hsdesc-bad-mac' });
  });

  test('larger than directories take', () => {
    assert.throws(() => decode(text, { maxBytes: text.length - 1 }), { code: 'hsdesc-too-large' });
  });

  test('a point with an expired or foreign certificate is left out, the others stay', () => {
    const old = makeIntroPoint('old', service.signer, nowMs - 3_600_000);
    const good = makeIntroPoint('good', service.signer);
    const wrongType = { ...good, authKeyCertificate: good.encKeyCertificate };
    const inner = { ...content.inner, introPoints: [old, good, wrongType] };
    const decoded = decode(encode({ ...content, inner }));
    assert.deepEqual(decoded.inner.introPoints, [good]);
    assert.deepEqual(
      decoded.refused.map(({ code, line }) => [code, line]),
      [
        ['hsdesc-bad-certificate', 3],
        ['hsdesc-bad-certificate', 33],
      ],
    );
    assert.match(decoded.refused[0]?.message ?? '', /expired at 2026-01-10T03:00:00/);
    assert.match(decoded.refused[1]?.message ?? '', /type 11, not 9/);
  });
});

describe('remembered certificates', () => {
  const text = encode(makeContent('memory', service, 4));

  test('the next decoding gives the same, and still sees that they expire', () => {
    const memory = new CertificateMemory();
    const before = decode(text, { memory });
    assert.equal(memory.size, 9);
    assert.deepEqual(decode(text, { memory }), before);
    const { expiresMs } = before.signingCertificate;
    assert.throws(() => decode(text, { memory, nowMs: expiresMs }), { code: 'hsdesc-bad-certificate' });
  });

  test('one with a wrong signature is not remembered', () => {
    const memory = new CertificateMemory();
    const good = makeIntroPoint('good', service.signer);
    const bad = {
      ...good,
      authKeyCertificate: { ...good.authKeyCertificate, signature: new Uint8Array(64).fill(1) },
    };
    const content = makeContent('bad', service, 0);
    const made = encode({ ...content, inner: { ...content.inner, introPoints: [bad] } });
    for (const _ of [1, 2]) {
      const { refused, inner } = decode(made, { memory });
      assert.equal(refused.length, 1);
      assert.equal(inner.introPoints.length, 0);
    }
  });

  test('no more are kept than asked for', () => {
    const memory = new CertificateMemory(3);
    decode(text, { memory });
    assert.equal(memory.size, 3);
  });
});

describe('damaged descriptors', () => {
  test('no mutated descriptor makes it throw anything but TorError', () => {
    const result = fuzz({ ...hsdescFuzz, iterations: 1500, seed: 1 });
    assert.ok(result.accepted >= 3 && result.refused > 1000, JSON.stringify(result));
  });
  test('no mutated layer does either', () => {
    const result = fuzz({ ...hsdescLayersFuzz, iterations: 2500, seed: 1 });
    assert.ok(result.accepted > 100 && result.refused > 500, JSON.stringify(result));
  });
});
