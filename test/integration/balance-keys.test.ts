// Keys made ahead on a private network: which lives of the signing key's certificate directories and clients take, and a
// balancer that has never seen the key of the address.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { encodeSecretKeyFile } from '@tearless/tor/onion/key-files.ts';
import { signerFromExpanded } from '@tearless/tor/onion/native-key.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { readTimeRules } from '@tearless/tor/onion/time-period.ts';
import { SocksRefusal } from '@tearless/tor/socks/problem.ts';
import { presignPeriod } from '../../packages/tearless/src/balance/keys/presigned.ts';
import { renderPresigned } from '../../packages/tearless/src/balance/keys/presigned-file.ts';
import { type FrontendKey, makePeriodKeys } from '../../packages/tearless/src/balance/publish/period-keys.ts';
import { askBalancer, type BalanceLine, type RunningBalancer, startBalancer } from './balance/balancer-process.ts';
import { publishByHand, readPoints } from './balance/by-hand.ts';
import { type OnionLab, reach, startOnionLab } from './balance/onion-lab.ts';
import { agreeOnPeriod, patienceMs, periodWithRest, untilPeriodAfter, withinPeriod } from './balance/steady.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const launcher = new URL('../../tearless', import.meta.url).pathname;
const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;

/** Time periods of a test network last four minutes: a whole one is waited for in the long form alone. */
const soak = process.env.TEARLESS_SOAK === '1';

suite('keys made ahead', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-keys-'));
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  let lab: OnionLab;
  let key: FrontendKey;
  let visitor: NetworkNode;
  let running: RunningBalancer | undefined;

  before(async () => {
    lab = await startOnionLab(`keys${process.pid}`, { workers: 1, hosts: 1, visitors: 1, votingIntervalSeconds: 10 });
    const secret = expandSeed(lab.frontend.seed);
    key = { address: lab.frontend.address, publicKey: publicKeyOf(secret), secret };
    const [first] = lab.visitors;
    assert.ok(first !== undefined);
    visitor = first;
  });
  after(async () => {
    await running?.stop('SIGKILL');
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const freshPeriod = () => periodWithRest([lab.balancer, visitor], 60_000);

  // tor's own ends after 54 hours. It may end at any later time; what has ended is refused.
  test('directories and clients take a certificate that ends in two hours, in a year or in a hundred years', async () => {
    const [worker] = lab.workers;
    assert.ok(worker !== undefined);
    let published = 0n;
    // At each change of the shared-random value the worker takes other introduction points: they are read right before.
    const publishOnce = async (lifeMs: number): Promise<Set<string>> => {
      const { slot } = await freshPeriod();
      const points = await readPoints(worker);
      const keys = makePeriodKeys(key, slot.period, random);
      const blinded = signerFromExpanded(blindSecretKey(key.secret, blindingFactor(key.publicKey, slot.period)));
      const counter = keys.counters.at(Date.now(), slot.runStartMs);
      published = counter > published ? counter : published + 1n;
      const expiresMs = Math.floor((Date.now() + lifeMs) / hourMs) * hourMs;
      const signingCertificate = certifyDescriptorSigningKey(blinded, keys.signer.publicKey, expiresMs);
      const made = { ...key, keys, points, signingCertificate, revisionCounter: published };
      const results = await publishByHand(lab.balancer, made);
      return new Set(results.map((result) => (result.kind === 'failed' ? result.reason : result.kind)));
    };
    const isAnswer = (result: string): boolean => /^uploaded$|^rejected$|\b554 /.test(result);
    /** What directories and tor said to it: where a circuit failed, nobody has said anything yet. */
    const publish = (lifeMs: number): Promise<Set<string>> =>
      waitFor(
        async () => {
          const results = await publishOnce(lifeMs);
          return [...results].every(isAnswer) ? results : undefined;
        },
        { what: 'answers of all directories', timeoutMs: patienceMs },
      );
    const publishAndReach = async (lifeMs: number, tries = 4): Promise<string> => {
      assert.deepEqual([...(await publish(lifeMs))], ['uploaded'], `a life of ${lifeMs / hourMs} h`);
      try {
        return await reach(visitor, key.address);
      } catch (error) {
        if (tries === 1 || !(error instanceof SocksRefusal)) throw error;
        return publishAndReach(lifeMs, tries - 1);
      }
    };
    for (const lifeMs of [2 * hourMs, yearMs, 100 * yearMs]) assert.equal(await publishAndReach(lifeMs), worker.name);
    // The balancer's own tor decodes what it is to post, as directories do.
    for (const refusal of await publish(0)) assert.match(refusal, /554 Invalid descriptor/);
  });

  test(`a balancer with keys made ahead takes up new ones${soak ? ', and serves on when the time period changes' : ''}`, async () => {
    const consensus = await (await lab.balancer.control).getInfo('dir/status-vote/current/consensus-microdesc');
    const rules = readTimeRules(parseConsensus(consensus), { isTestNetwork: true });
    const path = join(folder, 'frontend.presigned');
    const config = join(folder, 'config.yaml');
    const instances = lab.workers.map(({ name, address }) => `  - address: ${address}\n    name: ${name}\n`);
    writeFileSync(config, `services:\n- key: frontend.presigned\n  instances:\n${instances.join('')}`);
    const place = { state: join(folder, 'state'), controlSocket: lab.balancer.plan.controlSocket };
    // With the keys of one period alone it serves while that lasts.
    const { balancer, number } = await withinPeriod([lab.balancer, visitor], async () => {
      await running?.stop('SIGKILL');
      rmSync(place.state, { recursive: true, force: true });
      const { slot } = await freshPeriod();
      const periods = [presignPeriod(key, slot.period, rules, random)];
      const made = { ...key, madeMs: Date.now(), rules, periods };
      writeFileSync(path, renderPresigned(made, key).reveal(), { mode: 0o600 });
      const started = startBalancer(place, config);
      running = started;
      await started.until((event) => event.kind === 'round.published' && event.period === slot.period.number);
      await started.until(({ kind }) => kind === 'frontend.keys-ended');
      assert.equal(await reach(visitor, key.address), 'w1');
      return { balancer: started, number: slot.period.number };
    });
    assert.ok(balancer.events.every((event) => event.kind !== 'round.published' || event.period === number));

    // What the next descriptor takes comes while the balancer runs: it is published without anybody saying so.
    // They are made where the key is, as a person would, and carried over.
    const offline = join(folder, '..', `${basename(folder)}-offline`);
    mkdirSync(offline, { mode: 0o700 });
    let untilMs: number;
    try {
      writeFileSync(join(offline, 'key'), encodeSecretKeyFile(key.secret).reveal(), { mode: 0o600 });
      writeFileSync(join(offline, 'consensus'), consensus);
      const words = ['balance', 'keys', 'presign', '--days', '1', '--key', 'key', '--out', 'made', '--yes', '--json'];
      const { status, stdout, stderr } = spawnSync(launcher, [...words, '--consensus', 'consensus', '--test-network'], {
        cwd: offline,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      untilMs = JSON.parse(stdout).untilMs;
      renameSync(join(offline, 'made'), path);
    } finally {
      rmSync(offline, { recursive: true, force: true });
    }
    const isOther = (event: BalanceLine) => event.kind === 'round.published' && event.period !== number;
    await balancer.until(isOther);
    // It is written down behind the rounds.
    await waitFor(() => askBalancer(place, 'status').frontends[0].keysUntilMs === untilMs, {
      what: 'the end of the new keys in the status',
      timeoutMs: patienceMs,
      intervalMs: 1000,
    });

    if (soak) {
      await untilPeriodAfter(visitor, number);
      const later = await agreeOnPeriod([visitor, lab.balancer]);
      await balancer.until((event) => event.period === later && event.isFetched === true);
      assert.equal(await reach(visitor, key.address), 'w1');
    }
    assert.equal(await balancer.stop('SIGTERM'), 0);
    // Nothing that the balancer had or made holds the key of the address.
    const secret = Buffer.from(key.secret.reveal().subarray(0, 32));
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name));
      for (const form of [secret, secret.toString('base64').slice(0, 42), secret.toString('hex')])
        assert.ok(!bytes.includes(form), `${file.name} holds the key`);
    }
  });
});
