// Balanced services of tearless.yaml where no host is needed: taken over from an Onionbalance, drained, and what is refused.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeSecretKeyFile } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import { runIn } from './harness.ts';

const seedOf = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const addressOf = (number: number): string => encodeOnionAddress(publicKeyOf(expandSeed(seedOf(number))));
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const pem = (number: number): string =>
  createPrivateKey({ key: Buffer.concat([pkcs8, seedOf(number)]), format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();

const base = '# ours\nversion: 1\nfleet: demo\nhosts: { h1: {} } # one\nrelays: []\n';

describe('balanced services of tearless.yaml', () => {
  let directory = '';
  const at = (...parts: string[]): string => join(directory, ...parts);
  const run = (...words: string[]) => runIn(directory, ['balance', ...words]);
  const config = () => parseConfig(readFileSync(at('tearless.yaml'), 'utf8'), 'tearless.yaml');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tearless-onions-'));
    writeFileSync(at('tearless.yaml'), base);
    mkdirSync(at('ob', 'news'), { recursive: true });
    writeFileSync(at('ob', 'shop.key'), pem(1), { mode: 0o644 });
    writeFileSync(at('ob', 'news', 'hs_ed25519_secret_key'), encodeSecretKeyFile(expandSeed(seedOf(2))).reveal(), {
      mode: 0o600,
    });
    writeFileSync(
      at('ob', 'config.yaml'),
      `services:
- key: shop.key
  instances:
  - { address: ${addressOf(3)}, name: w1 }
  - { address: ${addressOf(4)} }
- key: news/hs_ed25519_secret_key
  instances: [{ address: ${addressOf(5)} }]
`,
    );
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('are taken over from an Onionbalance with both forms of keys, which stay where they lie', async () => {
    const { exitCode, stdout, stderr } = await run('import', 'ob/config.yaml', '--yes');
    assert.equal(exitCode, 0, stderr);
    assert.ok(readFileSync(at('tearless.yaml'), 'utf8').startsWith(base));
    assert.deepEqual(config().onions, {
      shop: {
        key: 'ob/shop.key',
        address: addressOf(1),
        workers: { w1: { address: addressOf(3) }, [addressOf(4).slice(0, 16)]: { address: addressOf(4) } },
      },
      news: {
        key: 'ob/news/hs_ed25519_secret_key',
        address: addressOf(2),
        workers: { [addressOf(5).slice(0, 16)]: { address: addressOf(5) } },
      },
    });
    assert.match(stderr, /the key of shop \(\S+\) stays in .*ob\/shop\.key/);
    assert.match(stderr, /warning .*ob\/shop\.key: others than its owner may use it/);
    assert.match(stdout, /shop stands in/);
    const again = await run('import', 'ob/config.yaml', '--yes');
    assert.equal(again.exitCode, 5);
    assert.match(again.stderr, /is declared already: as 'shop'/);
  });

  it('have their keys copied for their owner alone where that is asked for, and every place of a key is named', async () => {
    const { exitCode, stdout, stderr } = await run(
      ...['import', 'ob/config.yaml', '--name', 'a', '--name', 'b', '--copy-keys', 'keys', '--yes', '--json'],
    );
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(
      JSON.parse(stdout).services.map(({ name, keyLiesIn }: { name: string; keyLiesIn: string[] }) => [
        name,
        keyLiesIn,
      ]),
      [
        ['a', [at('ob/shop.key'), at('keys/a.key')]],
        ['b', [at('ob/news/hs_ed25519_secret_key'), at('keys/b.key')]],
      ],
    );
    assert.equal(config().onions?.a?.key, 'keys/a.key');
    assert.equal(statSync(at('keys/a.key')).mode & 0o777, 0o600);
    assert.equal(readFileSync(at('keys/a.key'), 'utf8'), pem(1));
  });

  it('are not taken over without a yes, nor over another key', async () => {
    assert.equal((await run('import', 'ob/config.yaml')).exitCode, 5);
    mkdirSync(at('keys'));
    writeFileSync(at('keys', 'shop.key'), 'of another');
    assert.equal((await run('import', 'ob/config.yaml', '--copy-keys', 'keys', '--yes')).exitCode, 5);
    assert.equal(readFileSync(at('keys', 'shop.key'), 'utf8'), 'of another');
    assert.equal(readFileSync(at('tearless.yaml'), 'utf8'), base);
  });

  it('are missed where none is declared, or one is mistyped', async () => {
    const none = await run('plan');
    assert.equal(none.exitCode, 64);
    assert.match(none.stderr, /declares no onion services[\s\S]*balance import/);
    await run('import', 'ob/config.yaml', '--yes');
    for (const words of [
      ['plan', 'shpo'],
      ['deploy', 'shpo'],
      ['run', 'shpo'],
      ['drain', 'shpo/w1'],
    ]) {
      const mistyped = await run(...words);
      assert.equal(mistyped.exitCode, 64, mistyped.stderr);
      assert.match(mistyped.stderr, /there is no onion service 'shpo'[\s\S]*shop/);
    }
  });

  it('with workers of others alone need nothing on hosts', async () => {
    await run('import', 'ob/config.yaml', '--yes');
    const { exitCode, stdout } = await run('plan', '--detailed-exitcode');
    assert.equal(exitCode, 0);
    assert.match(stdout, /nothing to do/);
  });

  it('are not deployed with the key of another address', async () => {
    await run('import', 'ob/config.yaml', '--yes');
    writeFileSync(at('ob', 'shop.key'), pem(9));
    const { exitCode, stderr } = await run('plan');
    assert.equal(exitCode, 64);
    assert.match(stderr, /is the key of \S+, not of \S+ as declared for 'shop'/);
  });

  it('drain only workers that are served', async () => {
    await run('import', 'ob/config.yaml', '--yes');
    for (const [name, why] of [
      ['shop', /names no worker/],
      ['shop/w1', /never served/],
      [`${addressOf(7)}/w1`, /never served/],
    ] as const) {
      const { exitCode, stderr } = await run('drain', name, '--yes');
      assert.equal(exitCode, 64);
      assert.match(stderr, why);
    }
  });
});
