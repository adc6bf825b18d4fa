import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../fuzz/harness.ts';
import { microdescFuzz } from '../../fuzz/microdesc.ts';
import { parseConsensus } from './consensus.ts';
import { parseMicrodescriptors } from './microdescriptor.ts';
import { readTestdata, testRefused } from './testing/refused.ts';

describe('microdescriptors', () => {
  const text = readTestdata('microdescriptor/listed');
  const all = parseMicrodescriptors(text);

  test('each has the digest by which the consensus names it', () => {
    const { routers } = parseConsensus(readTestdata('consensus/microdesc'));
    assert.deepEqual(
      new Set(all.map(({ digest }) => digest)),
      new Set(routers.map(({ microdescDigest }) => microdescDigest)),
    );
    assert.equal(all.length, 7);
  });

  test('all items of tor 0.4.9.11 are read', () => {
    const relay = all.find(({ digest }) => digest === 'XQEJmCXy37HeH1gTASkIK7OrsUU3IL38/hbiLtQ3NF0');
    assert.ok(relay);
    assert.equal(relay.ntorOnionKey, 'pTqQ7s12vjjWUaKET7IWOq33ovqgPUyW9+lXvRmUvmM');
    assert.equal(relay.ed25519Id, 'WZBp40RIwzoHEeOWa8ZthTp2C2PZscC2rdQrHYRCZbo');
    assert.deepEqual(relay.familyIds, ['ed25519:RQD4PJECB/JF1qfztLqjKxpztOx9Xe+Kb/Fczere1tY']);
    assert.equal(relay.family.length, 4);
    assert.equal(relay.family[0], '$297EDF8974E24EC21C92279736B57050D7CD6EC1');
    assert.deepEqual(relay.portPolicy, { kind: 'accept', ranges: [[1, 65_535]] });
    assert.deepEqual(relay.ipv6PortPolicy, { kind: 'accept', ranges: [[1, 65_535]] });
    assert.ok(relay.onionKey?.startsWith('MIGJAoGBA'));
    assert.ok(relay.lastListedMs !== null && new Date(relay.lastListedMs).getUTCFullYear() === 2026);
  });

  test('one without a TAP key, with an RSA identity and addresses, is read too', () => {
    const [only] = parseMicrodescriptors(
      'onion-key\nntor-onion-key fan6wo++c8P1Ad3IErr7IdsYwDVczRzzS33BPX46Twk=\na [2001:db8::1]:9001\nid rsa1024 KX7fiXTiTsIckieXNrVwUNfNbsE\nid x-new 1\n',
    );
    assert.deepEqual(
      [only?.onionKey, only?.ntorOnionKey, only?.orAddresses, only?.rsa1024Id, only?.ed25519Id, only?.portPolicy],
      [
        null,
        'fan6wo++c8P1Ad3IErr7IdsYwDVczRzzS33BPX46Twk',
        ['[2001:db8::1]:9001'],
        '297EDF8974E24EC21C92279736B57050D7CD6EC1',
        null,
        null,
      ],
    );
  });

  test('many in one text are the same as each alone', () => {
    const alone = text.split(/(?=^@last-listed)/m);
    assert.equal(alone.length, 7);
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 8 }), (order) => {
        const expected = order.map((i) => all[i]);
        assert.deepEqual(parseMicrodescriptors(order.map((i) => alone[i]).join('')), expected);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('an unknown item changes the digest and nothing else', () => {
    const [before] = parseMicrodescriptors(readTestdata('microdescriptor/one'));
    const [after] = parseMicrodescriptors(`${readTestdata('microdescriptor/one')}x-new 1\n`);
    assert.notEqual(after?.digest, before?.digest);
    assert.deepEqual({ ...after, digest: '' }, { ...before, digest: '' });
  });

  test('no mutated document makes it throw anything but TorError', () => {
    const result = fuzz({ ...microdescFuzz, iterations: 2000, seed: 1 });
    assert.ok(result.accepted > 20 && result.refused > 500, JSON.stringify(result));
  });

  testRefused('microdescriptor', parseMicrodescriptors);
});
