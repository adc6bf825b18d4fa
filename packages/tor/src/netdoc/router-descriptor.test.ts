import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../fuzz/harness.ts';
import { routerDescriptorFuzz } from '../../fuzz/router-descriptor.ts';
import { parseConsensus } from './consensus.ts';
import { allowsExit, renderExitRule } from './exit-policy.ts';
import { parseRouterDescriptors } from './router-descriptor.ts';
import { findDescriptorFault } from './router-descriptor-signature.ts';
import { readTestdata, testRefused } from './testing/refused.ts';

const nowMs = Date.UTC(2026, 10, 21);

describe('router descriptors', () => {
  const text = readTestdata('router-descriptor/listed');
  const all = parseRouterDescriptors(text);
  const byName = (name: string) => {
    const found = all.find(({ nickname }) => nickname === name);
    assert.ok(found, name);
    return found;
  };

  test('each has the digest and fingerprint by which the consensus names it', () => {
    const { routers } = parseConsensus(readTestdata('consensus/ns'));
    const pairs = (list: readonly (readonly [string, string | null])[]) =>
      list.map((pair) => pair.join(' ')).toSorted();
    assert.deepEqual(
      pairs(all.map(({ fingerprint, digest }) => [fingerprint, digest])),
      pairs(routers.map(({ fingerprint, descriptorDigest }) => [fingerprint, descriptorDigest])),
    );
    assert.equal(all.length, 7);
  });

  test('all items of a relay of tor 0.4.9.11 are read', () => {
    const relay = byName('relay0');
    assert.deepEqual(
      [relay.address, relay.orPort, relay.dirPort, relay.orAddresses],
      ['127.77.61.13', 9001, 0, ['[::1]:9013']],
    );
    assert.equal(relay.platform, 'Tor 0.4.9.11 on Linux');
    assert.equal(relay.masterKeyEd25519, 'WZBp40RIwzoHEeOWa8ZthTp2C2PZscC2rdQrHYRCZbo');
    assert.equal(relay.ntorOnionKey, 'pTqQ7s12vjjWUaKET7IWOq33ovqgPUyW9+lXvRmUvmM');
    assert.deepEqual(relay.familyIds, ['ed25519:RQD4PJECB/JF1qfztLqjKxpztOx9Xe+Kb/Fczere1tY']);
    assert.equal(relay.family.length, 4);
    assert.deepEqual(relay.ipv6Policy, { kind: 'accept', ranges: [[1, 65_535]] });
    assert.deepEqual([relay.isHsDir, relay.isTunnelledDirServer, relay.isHibernating], [true, true, false]);
    assert.deepEqual(relay.protocols?.get('Conflux'), [[1, 1]]);
    assert.ok(relay.identityCertificate && relay.identityCertificate.type === 4);
    assert.match(relay.extraInfoDigest?.sha1 ?? '', /^[0-9A-F]{40}$/);
  });

  test('what operators set is read: contact, limits, exit policy, DirCache', () => {
    const exit = byName('relay1');
    assert.equal(exit.contact, 'Łódź relay operator, abuse[at]example.invalid # url:https://example.invalid');
    assert.deepEqual(exit.exitPolicy.map(renderExitRule), [
      'reject 10.0.0.0/8:*',
      'accept *:20-23',
      'accept *:80',
      'accept *:443',
      'reject *:*',
    ]);
    assert.equal(allowsExit(exit.exitPolicy, '10.1.1.1', 80), false);
    assert.equal(allowsExit(exit.exitPolicy, '192.0.2.1', 80), true);
    const limited = byName('relay2');
    assert.deepEqual([limited.bandwidth.averageBytes, limited.bandwidth.burstBytes], [5 * 2 ** 20, 10 * 2 ** 20]);
    assert.equal(byName('relay3').isTunnelledDirServer, false);
  });

  test('rare items are read', () => {
    const [rare] = parseRouterDescriptors(
      readTestdata('router-descriptor/one').replace(
        /^uptime .*$/m,
        'hibernating 1\nuptime 7\noverload-general 1 2026-11-20 22:00:00\nbridge-distribution-request any',
      ),
    );
    assert.ok(rare);
    assert.deepEqual(
      [rare.isHibernating, rare.uptimeSeconds, rare.overloadedSinceMs, rare.bridgeDistributionRequest],
      [true, 7, Date.UTC(2026, 10, 20, 22), 'any'],
    );
  });

  test('many in one text are the same as each alone, with or without annotations', () => {
    const alone = text.split(/(?=^@(?:uploaded|downloaded)-at)/m);
    assert.equal(alone.length, 7);
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 5 }), fc.boolean(), (order, bare) => {
        const parts = order
          .map((i) => alone[i] ?? '')
          .map((part) => (bare ? part.slice(part.indexOf('router ')) : part));
        assert.deepEqual(
          parseRouterDescriptors(parts.join(bare ? '\n' : '')),
          order.map((i) => all[i]),
        );
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('no mutated document makes it throw anything but TorError', () => {
    const result = fuzz({ ...routerDescriptorFuzz, iterations: 1500, seed: 1 });
    assert.ok(result.accepted > 5 && result.refused > 300, JSON.stringify(result));
  });

  testRefused('router-descriptor', parseRouterDescriptors);
});

describe('signatures of router descriptors', () => {
  const text = readTestdata('router-descriptor/listed');

  test('every descriptor a relay made is without fault', () => {
    for (const descriptor of parseRouterDescriptors(text)) {
      assert.equal(findDescriptorFault(descriptor, nowMs), null, descriptor.nickname);
    }
  });

  test('a changed line breaks the RSA signature', () => {
    const [changed] = parseRouterDescriptors(
      readTestdata('router-descriptor/one').replace(/^uptime .*$/m, 'uptime 999'),
    );
    assert.ok(changed);
    assert.equal(findDescriptorFault(changed, nowMs), 'the RSA signature does not fit');
  });

  test('each other part that does not fit is named', () => {
    const good = parseRouterDescriptors(text).find(({ familyCertificates }) => familyCertificates.length > 0);
    assert.ok(good?.identityCertificate && good.signatures.ed25519);
    const other = Buffer.alloc(32, 9);
    const fault = (change: Partial<typeof good>, atMs = nowMs) => findDescriptorFault({ ...good, ...change }, atMs);
    const { ed25519, rsa } = good.signatures;
    assert.equal(fault({}), null);
    assert.equal(fault({}, nowMs + 400 * 86_400_000), 'the identity certificate is not valid');
    assert.equal(
      fault({ masterKeyEd25519: other.toString('base64').slice(0, 43) }),
      'the master key is not the one that signed the identity certificate',
    );
    assert.equal(
      fault({ identityCertificate: { ...good.identityCertificate, type: 5 } }),
      'the identity certificate is of another kind',
    );
    assert.equal(
      fault({ identityCertificate: { ...good.identityCertificate, signature: Buffer.alloc(64) } }),
      'the identity certificate is not valid',
    );
    assert.equal(fault({ signatures: { rsa, ed25519: null } }), 'the Ed25519 signature is missing');
    assert.equal(
      fault({ signatures: { rsa, ed25519: { ...ed25519, signedDigest: other.toString('base64') } } }),
      'the Ed25519 signature does not fit',
    );
    const [family] = good.familyCertificates;
    assert.ok(family);
    assert.equal(
      fault({ familyCertificates: [{ ...family, certifiedKey: other }] }),
      'a family certificate is for another key',
    );
    assert.equal(
      fault({ familyCertificates: [{ ...family, signature: Buffer.alloc(64) }] }),
      'a family certificate is not valid',
    );
    assert.equal(fault({ signingKey: 'AAAA' }), 'the RSA signature does not fit');
  });
});
