import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { consensusFuzz } from '../../fuzz/consensus.ts';
import { fuzz } from '../../fuzz/harness.ts';
import { parseConsensus, signedPart } from './consensus.ts';
import { allowsPort } from './port-policy.ts';
import { supportsProtocol } from './protocols.ts';
import { renderConsensus } from './render-consensus.ts';
import { generateConsensus } from './testing/generate-consensus.ts';
import { readTestdata, testRefused } from './testing/refused.ts';

describe('consensus', () => {
  const ns = parseConsensus(readTestdata('consensus/ns'));
  const microdesc = parseConsensus(readTestdata('consensus/microdesc'));

  test('the preamble of tor 0.4.9.11 is read whole', () => {
    const { flavor, method, validAfterMs, freshUntilMs, validUntilMs, votingDelay, knownFlags, protocols } = ns;
    assert.deepEqual([flavor, microdesc.flavor, method], ['ns', 'microdesc', 35]);
    assert.equal(new Date(validAfterMs).toISOString(), '2026-11-20T23:25:22.000Z');
    assert.deepEqual([freshUntilMs - validAfterMs, validUntilMs - validAfterMs], [20_000, 40_000]);
    assert.deepEqual(votingDelay, { voteSeconds: 2, distSeconds: 2 });
    assert.deepEqual([ns.clientVersions, ns.serverVersions], [[], []]);
    assert.equal(knownFlags.length, 12);
    assert.ok(protocols.requiredRelay && supportsProtocol(protocols.requiredRelay, 'HSIntro', 5));
    assert.deepEqual(Object.fromEntries(ns.params), {
      AuthDirMaxServersPerAddr: 0,
      CircuitPriorityHalflifeMsec: 30_000,
      bwweightscale: 10_000,
      cc_alg: 2,
      'guard-n-primary-guards': 2,
      hs_intro_min_introduce2: 16_384,
    });
    assert.deepEqual(ns.sharedRandPrevious, { reveals: 3, value: 'KM+DPfrTN0YYtkD15X/nRcBDxqRDcnFkvO6bSDZqYtA=' });
    assert.deepEqual(ns.sharedRandCurrent, { reveals: 3, value: 'YxJoaknxHQ2wgodih7ehLICB+fWyRqlDSx9P5JmQGvk=' });
  });

  test('authorities, weights and signatures are there', () => {
    assert.deepEqual(
      ns.authorities.map(({ nickname, address, orPort, dirPort }) => [nickname, address, orPort, dirPort]),
      [
        ['auth0', '127.77.61.10', 9001, 9030],
        ['auth1', '127.77.61.11', 9001, 9030],
        ['auth2', '127.77.61.12', 9001, 9030],
      ],
    );
    assert.equal(ns.authorities[0]?.contact, 'lab@example.invalid');
    assert.equal(ns.bandwidthWeights.size, 19);
    assert.deepEqual(
      [ns, microdesc].map(({ signatures }) => signatures.map(({ algorithm }) => algorithm)),
      [
        ['sha1', 'sha1', 'sha1'],
        ['sha256', 'sha256', 'sha256'],
      ],
    );
    assert.deepEqual(
      ns.signatures.map((signature) => signature.identity),
      ns.authorities.map((authority) => authority.identity),
    );
  });

  test('both flavours list the same relays, each with its own digest', () => {
    assert.deepEqual(
      ns.routers.map((router) => router.fingerprint),
      microdesc.routers.map((router) => router.fingerprint),
    );
    const [inNs, inMicrodesc] = [ns, microdesc].map(({ routers }) =>
      routers.find(({ nickname }) => nickname === 'relay0'),
    );
    assert.ok(inNs && inMicrodesc);
    assert.equal(inNs.fingerprint, '6013C690631A0A3EFF9B5C4DB5C2B2E5F3728882');
    assert.equal(inNs.descriptorDigest, 'E685C88FC34DAD61E151C1FF19E2FC933046CBC0');
    assert.equal(inNs.microdescDigest, null);
    assert.equal(inMicrodesc.microdescDigest, 'XQEJmCXy37HeH1gTASkIK7OrsUU3IL38/hbiLtQ3NF0');
    assert.deepEqual(inNs.orAddresses, ['[::1]:9013']);
    assert.deepEqual(inNs.flags, ['Exit', 'Fast', 'Guard', 'HSDir', 'Running', 'V2Dir', 'Valid']);
    assert.deepEqual([inNs.version, inNs.bandwidthKb, inNs.isUnmeasured], ['Tor 0.4.9.11', 53, true]);
    assert.ok(inNs.portPolicy && allowsPort(inNs.portPolicy, 25));
    assert.equal(inMicrodesc.portPolicy, null);
    assert.equal(inMicrodesc.publishedMs, Date.UTC(2038, 0, 1));
  });

  test('relays with the same flags, protocols and policy share them', () => {
    const [a, b] = [
      ns.routers.find(({ nickname }) => nickname === 'auth1'),
      ns.routers.find(({ nickname }) => nickname === 'auth2'),
    ];
    assert.ok(a && b && a.flags === b.flags && a.protocols === b.protocols && a.portPolicy === b.portPolicy);
  });

  test('the signed part ends after the first "directory-signature "', () => {
    const text = readTestdata('consensus/ns');
    assert.equal(signedPart(text), text.slice(0, text.indexOf('directory-signature ') + 20));
    assert.equal(signedPart(`@annotation\n${text}`), signedPart(text));
    assert.equal(createHash('sha1').update(signedPart(text)).digest('hex').length, 40);
    assert.throws(() => signedPart('network-status-version 3\n'), { code: 'netdoc-missing' });
  });

  test('items that are not known yet are ignored wherever they stand', () => {
    const text = readTestdata('consensus/small');
    const lines = text.split('\n');
    const footer = lines.findIndex((line) => line.startsWith('directory-signature'));
    const extended = lines.flatMap((line, i) => (i > 0 && i <= footer ? ['x-new 1 2', line] : [line]));
    assert.deepEqual(parseConsensus(extended.join('\n')), parseConsensus(text));
  });

  test('real documents survive rendering and reading again', () => {
    for (const consensus of [ns, microdesc]) assert.deepEqual(parseConsensus(renderConsensus(consensus)), consensus);
    assert.equal(renderConsensus(microdesc), readTestdata('consensus/microdesc'));
  });

  test('generated documents of any size and flavour read back as what they were made from', () => {
    const sizes = fc.nat(40);
    fc.assert(
      fc.property(fc.constantFrom('ns', 'microdesc'), sizes, fc.nat(1e6), (flavor, relays, seed) => {
        const made = generateConsensus({ flavor, relays, seed });
        assert.deepEqual(parseConsensus(renderConsensus(made)), made);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('the generator gives the same for the same seed and another for another', () => {
    const make = (seed: number) => renderConsensus(generateConsensus({ relays: 5, seed }));
    assert.equal(make(1), make(1));
    assert.notEqual(make(1), make(2));
    assert.equal(parseConsensus(make(3)).routers.length, 5);
  });

  test('no mutated document makes it throw anything but TorError', () => {
    const result = fuzz({ ...consensusFuzz, iterations: 1500, seed: 1 });
    assert.ok(result.accepted > 5 && result.refused > 500, JSON.stringify(result));
  });
});

describe('documents that are no consensus', () => testRefused('consensus', parseConsensus));
