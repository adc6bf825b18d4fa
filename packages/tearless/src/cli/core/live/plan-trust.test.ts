// Who signs a list of signers stays on it: else what is done to it could not be taken back.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fingerprintOfSigner, renderSigners, type Signer } from '../../../live/keys/signers.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { planTrust, requireOther, requireSpan, withoutKey } from './plan-trust.ts';

const signer = (name: string, key: string): Signer => ({ name, type: 'ssh-ed25519', key });
const [own, other] = [signer('ops', 'AAAAown'), signer('next', 'AAAAother')];

describe('a list of signers', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-trust-'));
    for (const name of ['own', 'bare']) writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, 'own.pub'), `${own.type} ${own.key} ops\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** @param key that signs @param former whom the host trusts @param next whom it shall trust */
  const plan = (key: string, former: readonly Signer[], next: readonly Signer[]) => {
    const call = async () => ({ exitCode: 0, stdout: Buffer.from(renderSigners(former)), stderr: '' });
    const fleet = { config: { hosts: { h1: {} } }, desired: { fleet: 'f' }, hosts: { get: () => ({ call }) } };
    const surroundings = { cwd: folder, clock: { now: () => Date.UTC(2026, 10, 21) } };
    const wish = { hosts: [], key, what: 'change', edit: () => next };
    return planTrust(fleet as unknown as ReadFleet, wish, { surroundings } as unknown as CommandContext);
  };

  it('does not lose the one that signs it', async () => {
    const lost = { code: 'live-key-shut-out', message: /^h1: .*\/own(\.pub)? signs this list/ };
    await assert.rejects(plan('own', [own, other], [other]), { ...lost, hint: /--key FILE/ });
    await assert.rejects(plan('own.pub', [own, other], [{ ...own, validBefore: '20200101' }, other]), lost);
    await assert.rejects(plan('own', [own], []), { ...lost, hint: /administrator/ });
    assert.equal((await plan('own', [own, other], [own])).items.length, 1);
  });

  it('is otherwise for the host to let in, which knows who signed it', async () => {
    assert.equal((await plan('bare', [own, other], [other])).items.length, 1);
    assert.equal((await plan('own', [other], [])).items.length, 1);
    assert.equal((await plan('own', [], [other])).items.length, 1);
    assert.equal((await plan('own', [own], [own])).items.length, 0);
  });

  it('loses a key by its fingerprint, or by a name that is of no other', () => {
    const [first, second] = [signer('ops', 'AAAAown'), signer('ops', 'AAAAother')];
    assert.deepEqual(withoutKey('next')([own, other]), [own]);
    assert.deepEqual(withoutKey(fingerprintOfSigner(first))([first, second]), [second]);
    assert.throws(() => withoutKey('ops')([first, second]), {
      code: 'cli-usage',
      message: /'ops' is the name of 2 keys/,
    });
  });

  it('takes no key for a time that ends before it begins', () => {
    requireSpan({ validAfter: '20270101000000Z', validBefore: '20270102000000Z' });
    requireSpan({ validBefore: '20200101000000Z' });
    for (const validBefore of ['20261230000000Z', '20270101000000Z'])
      assert.throws(() => requireSpan({ validAfter: '20270101000000Z', validBefore }), { code: 'cli-usage' });
  });

  it('does not go over from a key to itself', () => {
    requireOther(other, own);
    assert.throws(() => requireOther({ ...own, name: 'next' }, own), { code: 'cli-usage', message: /present key/ });
  });
});
