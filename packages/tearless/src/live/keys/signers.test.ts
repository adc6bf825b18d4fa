import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  endAt,
  fingerprintOfSigner,
  isShutOut,
  isValidAt,
  parsePublicKey,
  parseSigners,
  renderSigners,
  renderSignerTime,
  type Signer,
  signersStatement,
  signerTimeMs,
} from './signers.ts';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIKpwo3pyvlW5TTRXwJxsbaXDjF2Uk8Gu2TVDyqcw0kX8';
const signer: Signer = { name: 'ops', type: 'ssh-ed25519', key };

describe('a list of signers', () => {
  it('is read as it was written, with the times that keys hold', () => {
    const signers = [
      signer,
      { ...signer, name: 'old', validBefore: '20270101000000Z' },
      { ...signer, name: 'next', validAfter: '20261201000000Z', validBefore: '20280101000000Z' },
    ];
    assert.deepEqual(parseSigners(renderSigners(signers), 'h1'), signers);
    assert.equal(
      renderSigners([signer]),
      `ops namespaces="live-plan@tearless,live-build@tearless,live-signers@tearless" ssh-ed25519 ${key}\n`,
    );
    assert.deepEqual(parseSigners('', 'h1'), []);
  });

  it('is refused where a line is another’s', () => {
    assert.throws(() => parseSigners(`* cert-authority ssh-ed25519 ${key}\n`, 'h1'), { code: 'live-signers-bad' });
  });

  it('takes public keys alone, under names that stand in it', () => {
    assert.deepEqual(parsePublicKey(`ssh-ed25519 ${key} me@here\n`, 'ops', 'k.pub'), signer);
    assert.throws(() => parsePublicKey('-----BEGIN OPENSSH PRIVATE KEY-----', 'ops', 'k'), { code: 'live-key-bad' });
    for (const name of ['a b', '*', '', 'a"b', 'a,b'])
      assert.throws(() => parsePublicKey(`ssh-ed25519 ${key}`, name, 'k.pub'), { code: 'live-key-bad' });
  });

  it('shows a key as ssh-keygen -l does', () => {
    // ssh-keygen -lf of the key above
    assert.equal(fingerprintOfSigner(signer), 'SHA256:e3yKbCNR2GyR4zwjJNUwqaSPeniS734KS28gng5jGhk');
  });
});

describe('the time of a signer', () => {
  it('is written to the second, in UTC, and read back', () => {
    const ms = Date.UTC(2026, 11, 24, 18, 30, 15);
    assert.equal(renderSignerTime(ms), '20261224183015Z');
    assert.equal(signerTimeMs('20261224183015Z'), ms);
    assert.equal(signerTimeMs('20261224'), Date.UTC(2026, 11, 24));
    assert.ok(Number.isNaN(signerTimeMs('soon')));
  });

  it('begins with its first second and ends with its last', () => {
    const limited = { ...signer, validAfter: '20260101000000Z', validBefore: '20270101000000Z' };
    const [from, until] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
    assert.deepEqual(
      [from - 1, from, until + 999, until + 1000].map((ms) => isValidAt(limited, ms)),
      [false, true, true, false],
    );
    assert.equal(isValidAt(signer, until), true);
  });
});

it('a key that ends ends no later than it was to end anyway, and no later than it is told to', () => {
  const soon = '20261201000000Z';
  assert.deepEqual(endAt(signer, soon), { ...signer, validBefore: soon });
  assert.deepEqual(endAt({ ...signer, validBefore: '20280101' }, soon), { ...signer, validBefore: soon });
  assert.deepEqual(endAt({ ...signer, validBefore: '20260101' }, soon), { ...signer, validBefore: '20260101' });
});

it('who signs a list is shut out where it was on the former one and is not on the next, or not at this time', () => {
  const now = Date.UTC(2026, 10, 21);
  const [other, past] = [
    { ...signer, key: 'AAAA' },
    { ...signer, validBefore: '20200101' },
  ];
  const cases = [[signer], [other], [past], [other, { ...signer, name: 'again' }], []];
  assert.deepEqual(
    cases.map((next) => isShutOut(signer, [signer, other], next, now)),
    [false, true, true, false, true],
  );
  // Who was not on it is refused by the host.
  for (const former of [[], [other], [past]]) assert.equal(isShutOut(signer, former, [other], now), false);
});

it('what is signed for a new list names the one that it replaces', () => {
  const [a, b] = [signersStatement('', 'list\n'), signersStatement('former\n', 'list\n')];
  assert.match(
    Buffer.from(a).toString(),
    /^replaces e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nlist\n$/,
  );
  assert.notDeepEqual(a, b);
});
