import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { renderSigners, type Signer } from '../../../live/keys/signers.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { refuseUntrusted } from './refuse-untrusted.ts';

const own: Signer = { name: 'ops', type: 'ssh-ed25519', key: 'AAAAown' };
const other: Signer = { name: 'next', type: 'ssh-ed25519', key: 'AAAAother' };

describe('an update that is to be signed', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-untrusted-'));
    for (const name of ['own', 'bare']) writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, 'own.pub'), `${own.type} ${own.key} ops\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** @param lists whom each host trusts */
  const plan = (lists: Readonly<Record<string, readonly Signer[]>>, key = 'own') => {
    const call = (name: string) => async () => ({
      exitCode: 0,
      stdout: Buffer.from(renderSigners(lists[name] ?? [])),
      stderr: '',
    });
    const fleet = { hosts: { get: (name: string) => ({ call: call(name) }) } } as unknown as ReadFleet;
    const context = { surroundings: { clock: { now: () => Date.UTC(2026, 10, 21) } } } as unknown as CommandContext;
    const names = Object.keys(lists);
    return refuseUntrusted(fleet, [...names, ...names], join(folder, key), context);
  };

  it('is refused where hosts trust nobody yet, by their names, with what an administrator does', async () => {
    await assert.rejects(plan({ h1: [own], h2: [], h3: [] }), {
      code: 'host-live-untrusted',
      message: 'h2, h3: these hosts trust nobody yet to sign live updates',
      hint: /administrator .* \/var\/lib\/tearless\/live\/signers/,
    });
  });

  it('is refused where a host trusts other keys, or this one at another time', async () => {
    const refused = { code: 'host-live-untrusted', message: /^h2: this host trusts others .*\/own, or not now$/ };
    await assert.rejects(plan({ h1: [own], h2: [other] }), refused);
    await assert.rejects(plan({ h1: [own], h2: [{ ...own, validBefore: '20200101000000Z' }, other] }), refused);
    await assert.rejects(plan({ h1: [own], h2: [{ ...own, validAfter: '20270101000000Z' }] }), refused);
  });

  it('goes on where every host trusts the key, or nobody here can say whose it is', async () => {
    await plan({ h1: [other, own], h2: [{ ...own, validBefore: '20270101000000Z' }] });
    await plan({ h1: [other] }, 'bare');
  });
});
