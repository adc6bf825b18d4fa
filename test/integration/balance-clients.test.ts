// A restricted service on a private network, by the commands that a person gives: who has a key finds it, others do not, and
// whoever was revoked no more after the next round. The clients are tor's own, with the lines that were handed out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { parseClientCredential } from '@tearless/tor/hsdesc/client-auth-files.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import type { RoundDocument } from '../../packages/tearless/src/balance/run/documents.ts';
import { askBalancer, type Place, type RunningBalancer, startBalancer } from './balance/balancer-process.ts';
import { fetchPatiently } from './balance/fetch-patiently.ts';
import { type OnionLab, reach, startOnionLab } from './balance/onion-lab.ts';
import { areOf, readOf, untilHeld } from './balance/standing.ts';
import { readPeriod, withinPeriod } from './balance/steady.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const caa = '0 issue "ca.example; account=1"';

suite('clients of a balanced service', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-clients-'));
  const config = join(folder, 'tearless.yaml');
  let lab: OnionLab;
  let place: Place;
  let running: RunningBalancer;

  const ask = (...words: string[]) => askBalancer(place, ...words, '--config', config);
  const readRounds = (): RoundDocument[] => ask('status').frontends[0]?.rounds ?? [];
  /** The tor of a visitor, with a file of its own where it looks for keys. */
  const equip = async (index: number, name: string): Promise<NetworkNode> => {
    const node = lab.visitors[index];
    assert.ok(node !== undefined);
    const directory = join(node.plan.folder, 'client-keys');
    mkdirSync(directory, { mode: 0o700 });
    renameSync(join(folder, `${name}.auth_private`), join(directory, `${name}.auth_private`));
    await (await node.control).setConf([['ClientOnionAuthDir', directory]]);
    return node;
  };

  before(async () => {
    lab = await startOnionLab(`clients${process.pid}`, { workers: 2, hosts: 1, visitors: 3 });
    place = { state: join(folder, 'state'), controlSocket: lab.balancer.plan.controlSocket };
    const der = Buffer.concat([pkcs8, lab.frontend.seed]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    writeFileSync(join(folder, 'frontend.key'), key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    const workers = lab.workers.map(({ name, address }) => `      ${name}: { address: ${address} }\n`);
    const service = `    key: frontend.key\n    ports: [80]\n    caa: ['${caa}']\n    workers:\n${workers.join('')}`;
    writeFileSync(config, `version: 1\nfleet: lab\nhosts: {}\nrelays: []\nonions:\n  shop:\n${service}`);
    for (const name of ['ann', 'bob'])
      ask('clients', 'add', name, 'shop', '--out', join(folder, `${name}.auth_private`), '--yes');
    running = startBalancer(place, config);
    await untilHeld(running, readRounds);
  });
  after(async () => {
    await running?.stop('SIGKILL');
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('who has a key finds it, also what certificate authorities ask for; who has none is told so', async () => {
    const { address } = lab.frontend;
    const path = join(folder, 'ann.auth_private');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { publicKey, secret } = parseClientCredential(readFileSync(path, 'utf8'));
    const ann = await equip(0, 'ann');
    const bob = await equip(1, 'bob');
    assert.match(await reach(ann, address), /^w[12]$/);
    assert.match(await reach(bob, address), /^w[12]$/);
    const stranger = lab.visitors[2];
    assert.ok(stranger !== undefined);
    await assert.rejects(reach(stranger, address), { reply: 'onion-client-auth-missing' });

    await withinPeriod([ann, lab.balancer], async (period) => {
      const { directories } = readOf(await untilHeld(running, readRounds, areOf(period)));
      const [{ fingerprint: directory }] = directories as [RoundDocument['directories'][number]];
      const { slot } = await readPeriod(ann);
      const text = await fetchPatiently(ann, { address, directory });
      const keys = deriveDescriptorKeys(publicKey, slot.period);
      assert.throws(() => decodeDescriptor(text, { keys, nowMs: Date.now() }), { code: 'hsdesc-bad-mac' });
      const { inner } = decodeDescriptor(text, { keys, nowMs: Date.now(), clientSecret: secret });
      assert.deepEqual(
        inner.caa.map(({ flags, tag, value }) => `${flags} ${tag} ${value}`),
        [caa],
      );
    });
  });

  test('a client that is revoked finds it no more after the next round, without a restart; the others do', async () => {
    const { address } = lab.frontend;
    const [ann, bob] = lab.visitors;
    assert.ok(ann !== undefined && bob !== undefined);
    const countersOf = (rounds: readonly RoundDocument[]) =>
      new Map(rounds.map(({ periodNumber, revisionCounter }) => [periodNumber, BigInt(revisionCounter)]));
    /** All that clients can find was made since. */
    const areLaterThan = (before: ReadonlyMap<number, bigint>) => (rounds: readonly RoundDocument[]) =>
      [...countersOf(rounds)].every(([period, counter]) => counter > (before.get(period) ?? -1n));
    const before = countersOf(readRounds());
    ask('clients', 'revoke', 'ann', 'shop', '--yes');
    let rounds = await untilHeld(running, readRounds, areLaterThan(before));
    // These may have been made when nobody was revoked yet; the ones behind them were not.
    if (
      await reach(ann, address).then(
        () => true,
        () => false,
      )
    )
      rounds = await untilHeld(running, readRounds, areLaterThan(countersOf(rounds)));
    await assert.rejects(reach(ann, address), { reply: 'onion-client-auth-wrong' });
    assert.match(await reach(bob, address), /^w[12]$/);
    assert.deepEqual(
      ask('clients', 'ls', 'shop').clients.map(({ name }: { name: string }) => name),
      ['bob'],
    );
    assert.equal(await running.stop('SIGTERM'), 0);
  });
});
