// Keys and clients as a running balancer sees their files: new ones are taken up, worse ones change nothing and are told.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeSecretKeyFile } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { timePeriodAt, timePeriodNumbered } from '@tearless/tor/onion/time-period.ts';
import { x25519PublicKey } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { renderClientFile } from '../../../balance/keys/client-list.ts';
import { presignPeriod } from '../../../balance/keys/presigned.ts';
import { renderPresigned } from '../../../balance/keys/presigned-file.ts';
import type { FrontendKey } from '../../../balance/publish/period-keys.ts';
import { openFrontend } from './open-frontend.ts';

const rules = { periodMinutes: 1440, offsetSeconds: 12 * 3600 };
const startMs = Date.UTC(2026, 4, 10, 15);
const dayMs = 86_400_000;
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const makeKey = (): FrontendKey => {
  const secret = expandSeed(random(32));
  const publicKey = publicKeyOf(secret);
  return { address: encodeOnionAddress(publicKey), publicKey, secret };
};
const key = makeKey();
const periodOf = (day: number) => timePeriodNumbered(rules, timePeriodAt(rules, startMs).number + day);

describe('a frontend’s files', () => {
  let folder = '';
  let nowMs = startMs;
  let notes: string[] = [];
  const clock = { now: () => nowMs, sleep: async () => {} };
  const path = (name: string): string => join(folder, name);
  let versions = 0;
  const writePresigned = (days: number, { owner = key, mode = 0o600 } = {}): void => {
    const periods = Array.from({ length: days }, (_, day) => presignPeriod(owner, periodOf(day), rules, random));
    const text = renderPresigned({ ...owner, madeMs: nowMs, rules, periods }, owner).reveal();
    const beside = path(`new-${++versions}`);
    writeFileSync(beside, text, { mode });
    renameSync(beside, path('keys'));
  };
  const open = (more: { address?: string; clientsFolder?: string; caa?: readonly string[] } = {}) =>
    openFrontend(
      {
        subject: 'tearless.yaml: shop',
        keyFile: path('keys'),
        address: more.address,
        clientsFolder: more.clientsFolder,
        caa: more.caa ?? [],
      },
      { workers: [], policy: 'distinct', isCaaCritical: false },
      { clock, note: (line) => notes.push(line) },
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-frontend-'));
    nowMs = startMs;
    notes = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe('keys made ahead', () => {
    it('are taken up anew when the file is another', async () => {
      writePresigned(20);
      const { keys } = await open();
      assert.equal(keys.of(periodOf(20)), undefined);
      writePresigned(40);
      assert.notEqual(keys.of(periodOf(20)), undefined);
      assert.equal(keys.untilMs, periodOf(39).endMs);
      assert.match(notes.join('\n'), /^new keys of .*\.onion, until /);
    });

    const worse: readonly (readonly [what: string, spoil: () => void, told: RegExp])[] = [
      ['is gone', () => rmSync(path('keys')), /ENOENT/],
      ['is cut off', () => writeFileSync(path('keys'), '{"schema":'), /not JSON/],
      ['is for others to read', () => writePresigned(40, { mode: 0o644 }), /are not used: others/],
      ['is of another address', () => writePresigned(40, { owner: makeKey() }), /is now of/],
    ];
    for (const [what, spoil, told] of worse)
      it(`stay as they are when the file ${what}; that is told once, and mended by a good one`, async () => {
        writePresigned(20);
        const { keys } = await open();
        spoil();
        for (let times = 0; times < 3; times++) assert.notEqual(keys.of(periodOf(5)), undefined);
        assert.equal(keys.of(periodOf(25)), undefined);
        assert.equal(notes.length, 1, notes.join('\n'));
        assert.match(notes[0] ?? '', told);
        assert.match(notes[0] ?? '', /from before are used on/);
        writePresigned(30);
        assert.notEqual(keys.of(periodOf(25)), undefined);
      });

    it('are warned of once a day from two weeks before their end', async () => {
      writePresigned(20);
      const { keys } = await open();
      const warnings = () => notes.filter((note) => /make new ones/.test(note)).length;
      keys.of(periodOf(0));
      assert.equal(warnings(), 0);
      nowMs = startMs + 7 * dayMs;
      keys.of(periodOf(7));
      keys.of(periodOf(8));
      assert.equal(warnings(), 1);
      nowMs += dayMs;
      keys.of(periodOf(8));
      assert.equal(warnings(), 2);
    });

    it('are refused from the beginning when others may read them, or when the address is another', async () => {
      writePresigned(20, { mode: 0o640 });
      await assert.rejects(open(), { code: 'balance-key-open' });
      chmodSync(path('keys'), 0o600);
      await assert.rejects(open({ address: makeKey().address }), { code: 'balance-key-other' });
      assert.equal((await open({ address: key.address })).keys.address, key.address);
    });
  });

  it('with the key of the address itself, keys have no end; that others may read it is warned of', async () => {
    writeFileSync(path('keys'), encodeSecretKeyFile(key.secret).reveal(), { mode: 0o644 });
    const { keys } = await open();
    assert.equal(keys.untilMs, undefined);
    assert.notEqual(keys.of(periodOf(1000)), undefined);
    assert.match(notes.join('\n'), /^warning: the key .* others than its owner/);
  });

  it('with CAA records that are none it is refused', async () => {
    writePresigned(20);
    await assert.rejects(open({ caa: ['0 issue ca.example'] }), { code: 'balance-caa' });
    assert.deepEqual((await open({ caa: ['0 issue "ca.example"'] })).caa, ['0 issue "ca.example"']);
  });

  describe('clients', () => {
    const publicKeyOfClient = (byte: number) => x25519PublicKey(new Sensitive(new Uint8Array(32).fill(byte)));
    const writeClient = (name: string, byte: number): void =>
      writeFileSync(path(`clients/${name}.auth`), renderClientFile({ name, publicKey: publicKeyOfClient(byte) }));
    const later = (): void => {
      nowMs += 2000;
    };
    beforeEach(() => {
      writePresigned(20);
      mkdirSync(path('clients'));
      writeClient('ann', 1);
    });

    it('are those of the folder at each moment', async () => {
      const frontend = await open({ clientsFolder: path('clients') });
      assert.deepEqual(frontend.clients, [publicKeyOfClient(1)]);
      writeClient('bob', 2);
      later();
      assert.deepEqual(frontend.clients, [publicKeyOfClient(1), publicKeyOfClient(2)]);
      rmSync(path('clients/ann.auth'));
      later();
      assert.deepEqual(frontend.clients, [publicKeyOfClient(2)]);
      assert.deepEqual(notes, []);
    });

    it('never become everyone: not without a last client, not without the folder, not by a bad file', async () => {
      const frontend = await open({ clientsFolder: path('clients') });
      writeFileSync(path('clients/bad.auth'), 'nothing');
      later();
      assert.deepEqual(frontend.clients, [publicKeyOfClient(1)]);
      later();
      assert.deepEqual(frontend.clients, [publicKeyOfClient(1)]);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /bad\.auth.*from before are let in on/);
      rmSync(path('clients'), { recursive: true });
      later();
      assert.deepEqual(frontend.clients, [publicKeyOfClient(1)]);
      mkdirSync(path('clients'));
      later();
      assert.equal(frontend.clients.length, 1);
      assert.notDeepEqual(frontend.clients, [publicKeyOfClient(1)]);
    });

    it('have to be readable from the beginning', async () => {
      await assert.rejects(open({ clientsFolder: path('nowhere') }), { code: 'balance-clients-unreadable' });
      writeFileSync(path('clients/bad.auth'), 'nothing');
      await assert.rejects(open({ clientsFolder: path('clients') }), { code: 'balance-client' });
    });
  });
});
