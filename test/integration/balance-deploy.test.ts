// Workers of a balanced onion service on a real host, by a login that may run the helper alone: deployed, adopted, undone, and taken up
// where a killed deployment ended. What the host has is read by other means than those of the product.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { type SiteLab, startSiteLab } from '@tearless/lab/site/site-lab.ts';
import { connectOnce, forgetDescriptors } from '@tearless/lab/traffic/visitor.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeSecretKeyFile } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { fingerprintOf } from 'tearless/host/ssh/host-key.ts';
import { parse } from 'yaml';
import type { RoundDocument } from '../../packages/tearless/src/balance/run/documents.ts';
import { type RunningBalancer, startBalancer } from './balance/balancer-process.ts';
import { isSettled, leadTo, untilHeld } from './balance/standing.ts';
import { patienceMs } from './balance/steady.ts';
import { sh } from './support/fault-fleet.ts';
import { Operator } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;
const name = `deploy${process.pid}`;
/** tor itself gives a stream up after two minutes. */
const connectTimeoutMs = 150_000;

/** Each takes a service off and on twice: the long form has more of them. */
const killedAt: readonly (readonly [step: string, way: 'resume' | 'undo'])[] = [
  ['torrc-off', 'resume'],
  ['reload-off', 'undo'],
  ...(process.env.TEARLESS_SOAK === '1'
    ? ([
        ['directory-shop-four', 'resume'],
        ['addresses-site', 'undo'],
        ['torrc', 'resume'],
        ['reload', 'undo'],
      ] as const)
    : []),
];

suite('deploying workers on real hosts', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-deploy-'));
  const secret = expandSeed(new Uint8Array(randomBytes(32)));
  const frontend = encodeOnionAddress(publicKeyOf(secret));
  let lab: SiteLab;
  let h1: LabHost;
  let visitor: NetworkNode;
  let operator: Operator;

  const declare = (workers: Record<string, unknown>, ports: readonly string[] = ['80 127.0.0.1:8001']): void =>
    operator.declare({
      version: 1,
      fleet: 'sites',
      network: 'lab',
      sshConfig: sshPaths(name).config,
      hosts: { h1: {} },
      relays: [],
      restart: { soak: '1s', deadline: '100s' },
      onions: { shop: { key: 'shop.key', ports, workers } },
    });
  const backend = (instance: string): string => {
    const tor = lab.tors.find((one) => one.instance === instance);
    assert.ok(tor !== undefined, instance);
    return `80 127.0.0.1:${tor.backendPort}`;
  };
  const data = (instance: string): string => `/var/lib/tor-instances/${instance}`;
  /** The torrc and the services of an instance, byte by byte, and its process; not what was kept. */
  const see = (instance: string): Promise<string> =>
    sh(
      h1,
      'sha256sum "/etc/tor/instances/$1/torrc"; stat -c "%n %U %G %a" "/etc/tor/instances/$1/torrc"; cd "$2" && find . -mindepth 2 -maxdepth 2 ! -path "*.kept-*" ! -path "./keys/*" ! -path "./diff-cache/*" -type f -printf "%p %m %u %g\n" -exec sha256sum {} + | sort; systemctl show -p MainPID -p NRestarts "tor@$1.service"',
      instance,
      data(instance),
    );
  const pidOf = (instance: string): Promise<string> =>
    sh(h1, 'systemctl show -p MainPID --value "tor@$1.service"', instance);
  const hostname = (instance: string, directory: string): Promise<string> =>
    sh(h1, 'cat "$1/$2/hostname"', data(instance), directory);
  /** Who answers at an address, however long it takes to be found. */
  const answerOf = async (address: string): Promise<string> => {
    let last: unknown;
    return waitFor(
      () =>
        connectOnce(visitor, address, AbortSignal.timeout(connectTimeoutMs)).catch((error: unknown) => {
          last = error;
          return undefined;
        }),
      {
        what: `an answer of ${address}`,
        timeoutMs: patienceMs,
        intervalMs: 250,
        explain: () => `it did not answer: ${last}`,
      },
    );
  };

  before(async () => {
    lab = await startSiteLab({ name, hosts: 1, torsPerHost: 3, relays: 7, clients: 2 });
    const [host] = lab.hosts;
    const [, second] = lab.network.withRole('client');
    assert.ok(host !== undefined && second !== undefined);
    [h1, visitor] = [host, second];
    operator = new Operator(join(folder, 'operator'));
    const hostKey = (await sh(h1, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? '';
    await operator.run(0, 'init', '--fleet', 'sites');
    const confirmed = ['--yes', '--host-key', fingerprintOf(hostKey)];
    await operator.run(0, 'host', 'add', 'h1', '--ssh-config', sshPaths(name).config, ...confirmed);
    writeFileSync(join(operator.folder, 'shop.key'), encodeSecretKeyFile(secret).reveal(), { mode: 0o600 });
  });
  after(async () => {
    await operator?.[Symbol.asyncDispose]();
    await dropLab(name);
    rmSync(folder, { recursive: true, force: true });
  });

  const workers = () => ({
    one: { host: 'h1', instance: 'w1', ports: [backend('w1')] },
    two: { host: 'h1', instance: 'w2', ports: [backend('w2')] },
  });
  const three = () => ({ host: 'h1', instance: 'w3', directory: 'site', ports: [backend('w3')] });
  /** Workers as the operator's file has them now, with the addresses that were written into it. */
  const declared = (): Record<string, Record<string, unknown>> =>
    parse(readFileSync(operator.configPath, 'utf8')).onions.shop.workers;
  const deploy = ['balance', 'deploy', '--yes'];
  const undoLast = ['run', 'undo', 'last', '--yes'];
  const serve = () => {
    const [client] = lab.network.withRole('client');
    const state = join(operator.folder, 'state');
    return startBalancer({ state, controlSocket: client?.plan.controlSocket ?? '' }, operator.configPath);
  };
  /** What the balancer has sent, which is what the visitor finds when its tor is in the same time period. */
  const readRounds = async (): Promise<readonly RoundDocument[]> =>
    (await operator.run(0, 'balance', 'status')).result.frontends[0]?.rounds ?? [];
  const leadsTo = (balancer: RunningBalancer, ...ids: string[]) => untilHeld(balancer, readRounds, leadTo(ids));
  /** The store says so: what another command goes by. */
  const areIn = (): Promise<unknown> =>
    waitFor(
      async () => {
        const [status] = (await operator.run(0, 'balance', 'status')).result.frontends;
        return status?.workers.every(({ state }) => state === 'in');
      },
      { timeoutMs: patienceMs, intervalMs: 1000, what: 'workers that are in' },
    );
  let former: Record<string, string>;
  const seeAll = async (): Promise<Record<string, string>> =>
    Object.fromEntries(await Promise.all(['w1', 'w2', 'w3'].map(async (one) => [one, await see(one)] as const)));

  test('what cannot be had is refused before anything is touched', async () => {
    await sh(h1, 'mkdir -m 700 "$1/taken" && chown _tor-w1: "$1/taken" && touch "$1/taken/ob_config"', data('w1'));
    former = await seeAll();
    const wrong: readonly (readonly [worker: Record<string, unknown>, code: string, exit: number])[] = [
      [{ host: 'h1', instance: 'w9' }, 'balance-unknown-instance', 64],
      [{ host: 'h1', instance: 'w1', directory: 'taken' }, 'balance-directory-taken', 5],
      [{ host: 'h1', instance: 'w1', ports: ['80 unix:/run/tor/control'] }, 'balance-unix-port', 5],
      [{ host: 'h1', instance: 'w1', address: frontend }, 'balance-worker-key-missing', 5],
    ];
    for (const [worker, code, exit] of wrong) {
      declare({ one: worker });
      const { error } = (await operator.run(exit, ...deploy)).result;
      assert.equal(error.code, code, error.message);
    }
    // tor is the last to judge; what was begun until then goes back.
    declare({ one: { host: 'h1', instance: 'w1', ports: ['80 127.0.0.1:99999'] } });
    const { result } = await operator.run(5, ...deploy);
    assert.match(result.items[0].failure.message, /tor on h1 refuses what/);
    assert.deepEqual(await seeAll(), former);
  });

  test('two new workers get keys of their own, and their tors go on', async () => {
    const before = await Promise.all(['w1', 'w2'].map(pidOf));
    declare({ one: workers().one });
    await operator.run(0, 'balance', 'plan', '--out', 'stale.plan');
    declare(workers());
    assert.equal((await operator.run(5, ...deploy, '--plan', 'stale.plan')).result.error.code, 'change-plan-stale');
    await operator.run(0, 'balance', 'plan', 'shop', '--out', 'good.plan');
    await operator.run(64, 'apply', 'good.plan', '--yes');
    const { result } = await operator.run(0, ...deploy, '--plan', 'good.plan');
    const [one, two] = await Promise.all([hostname('w1', 'shop-one'), hostname('w2', 'shop-two')]);
    assert.deepEqual(
      result.workers.map(({ worker, address }) => [worker, address]),
      [
        ['one', one],
        ['two', two],
      ],
    );
    assert.notEqual(one, two);
    assert.deepEqual([declared().one?.address, declared().two?.address], [one, two]);
    assert.deepEqual(await Promise.all(['w1', 'w2'].map(pidOf)), before);
    assert.equal(await answerOf(one), 'w1');
    assert.equal(await sh(h1, 'cat "$1/shop-one/ob_config"', data('w1')), `MasterOnionAddress ${frontend}`);
    assert.equal((await operator.run(0, 'balance', 'plan', '--detailed-exitcode')).result.items.length, 0);
  });

  test('no private key is in the journals, and the helper gives none away', async () => {
    const keys = await sh(
      h1,
      'cat "$1/shop-one/hs_ed25519_secret_key" "$2/shop-two/hs_ed25519_secret_key" | od -An -v -tx1 | tr -d " \n"',
      data('w1'),
      data('w2'),
    );
    const forms = [keys.slice(64, 192), keys.slice(256)].flatMap((key) => [
      key,
      Buffer.from(key, 'hex').toString('base64').slice(0, 80),
    ]);
    const kept = await sh(h1, 'find /var/lib/tearless -type f -exec cat {} +');
    const own = readFileSync(join(operator.folder, 'state/tearless/state.db')).toString('latin1');
    for (const form of forms) assert.ok(!kept.includes(form) && !own.includes(form));
  });

  test('which host holds which key is shown, and a copy that somebody made', async () => {
    /** Without what an earlier deployment left when it was undone. */
    const keysOnHosts = async (): Promise<string[]> => {
      const { places, unreachable } = (await operator.run(0, 'balance', 'keys', 'show')).result;
      assert.deepEqual(unreachable, []);
      return places
        .filter(({ kind, where }) => where.startsWith('h1: ') && kind !== 'left')
        .map(({ kind, where, problems }) => `${kind} ${where} ${problems.length}`);
    };
    const declaredKeys = ['worker h1: w1/shop-one 0', 'worker h1: w2/shop-two 0'];
    assert.deepEqual(await keysOnHosts(), declaredKeys);
    const copy = `${data('w2')}/copied`;
    await sh(h1, 'cp -r "$1/shop-one" "$2" && chown -R _tor-w2: "$2"', data('w1'), copy);
    assert.deepEqual(await keysOnHosts(), [...declaredKeys, 'copy h1: w2/copied 1']);
    await sh(h1, 'rm -r "$1"', copy);
  });

  test('the balancer serves what is declared, and a drained worker gets no new clients', async () => {
    const balancer = serve();
    let exitCode: number | null;
    try {
      await leadsTo(balancer, 'one', 'two');
      await areIn();
      assert.ok(['w1', 'w2'].includes(await answerOf(frontend)));
      for (const [drained, other, left] of [
        ['one', 'two', 'w2'],
        ['two', 'one', 'w1'],
      ] as const) {
        const { result } = await operator.run(0, 'balance', 'drain', `shop/${drained}`, '--yes');
        assert.ok(result.cachedUntilMs > Date.now());
        await leadsTo(balancer, other);
        const { error } = (await operator.run(5, 'balance', 'drain', `shop/${other}`, '--yes')).result;
        assert.equal(error.code, 'balance-last-worker');
        await forgetDescriptors(visitor);
        assert.equal(await answerOf(frontend), left);
        assert.equal((await operator.run(0, 'balance', 'undrain', `shop/${drained}`)).result.wasDrained, true);
        await leadsTo(balancer, 'one', 'two');
        await areIn();
      }
    } finally {
      exitCode = await balancer.stop('SIGTERM');
    }
    assert.equal(exitCode, 0);
  });

  test('a service that runs already is adopted: its process, its key and its address stay', async () => {
    const site = `${data('w3')}/site`;
    await sh(
      h1,
      'printf "# by hand\nHiddenServiceDir %s/\nHiddenServicePort %s # the shop\n" "$1" "$2" >>/etc/tor/instances/w3/torrc && systemctl reload tor@w3',
      site,
      backend('w3'),
    );
    const address = await waitFor(() => sh(h1, 'cat "$1/hostname"', site).catch(() => undefined), {
      timeoutMs: patienceMs,
      intervalMs: 250,
      what: 'the address of a service by hand',
    });
    assert.equal(await answerOf(address), 'w3');
    former = await seeAll();
    declare({ ...declared(), three: three() });
    const { result: plan } = await operator.run(2, 'balance', 'plan', '--detailed-exitcode');
    assert.deepEqual(
      plan.items.map(({ id }) => id),
      ['h1/w3'],
    );
    assert.deepEqual(
      plan.items[0].steps.map(({ id }) => id),
      ['addresses-site', 'check-torrc', 'torrc-off', 'reload-off', 'torrc', 'reload'],
    );
    assert.deepEqual(await seeAll(), former);
    await operator.run(0, ...deploy);
    assert.equal(await pidOf('w3'), /MainPID=(\d+)/.exec(former.w3 ?? '')?.[1]);
    assert.equal(declared().three?.address, address);
    assert.match(
      await sh(h1, 'cat /etc/tor/instances/w3/torrc'),
      /# by hand\nHiddenServiceDir [^\n]*\/site\/\nHiddenServicePort [^\n]* # the shop\nHiddenServiceOnionBalanceInstance 1\n?$/,
    );
    assert.equal(await answerOf(address), 'w3');
  });

  test('undone, everything is as it was to the last byte', async () => {
    await operator.run(0, ...undoLast);
    assert.deepEqual(await seeAll(), former);
    assert.equal(await answerOf(await hostname('w3', 'site')), 'w3');
  });

  for (const [step, way] of killedAt)
    test(`killed at ${step} it can ${way}`, async () => {
      former = await seeAll();
      const four = { host: 'h1', instance: 'w3', ports: [backend('w3')] };
      declare({ four, ...declared(), three: three() });
      const killed = operator.start(...deploy);
      await killed.at({ kind: 'step.started', step }, 'SIGKILL');
      await killed.ended;
      if (way === 'resume') {
        await operator.run(0, 'run', 'resume', 'last');
        await operator.run(0, ...deploy);
        assert.equal(await answerOf(String(declared().four?.address)), 'w3');
        assert.equal(await answerOf(String(declared().three?.address)), 'w3');
      }
      await operator.run(0, ...undoLast);
      assert.deepEqual(await seeAll(), former);
    });

  test('a worker whose deployment was undone comes back with the key that was kept', async () => {
    const { four } = declared();
    assert.ok(four?.address !== undefined);
    await operator.run(0, ...deploy);
    assert.equal(await hostname('w3', 'shop-four'), four.address);
  });

  test('a worker that is declared no longer goes, and its key stays', async () => {
    former = await seeAll();
    const { four: _, ...others } = declared();
    declare(others);
    await operator.run(0, ...deploy);
    assert.doesNotMatch(await sh(h1, 'cat /etc/tor/instances/w3/torrc'), /shop-four/);
    assert.equal(await sh(h1, 'ls "$1/shop-four/hs_ed25519_secret_key" | wc -l', data('w3')), '1');
    await operator.run(0, ...undoLast);
    assert.deepEqual(await seeAll(), former);
  });

  test('workers whose tors publish nothing serve the address all the same', async () => {
    const { one, two } = declared();
    declare({ one: { ...one, publishes: false }, two: { ...two, publishes: false } });
    const { stdout } = await operator.run(2, 'balance', 'plan', '--detailed-exitcode');
    assert.match(stdout, /MasterOnionAddress \[sensitive\]/);
    await operator.run(0, ...deploy);
    assert.equal(await sh(h1, 'grep -c "^PublishHidServDescriptors 0$" /etc/tor/instances/w2/torrc'), '1');
    const secretAddress = /MasterOnionAddress (\S+)$/.exec(
      await sh(h1, 'cat "$1/shop-two/ob_config"', data('w2')),
    )?.[1];
    assert.ok(secretAddress !== undefined && secretAddress !== frontend && !stdout.includes(secretAddress));
    const balancer = serve();
    let exitCode: number | null;
    try {
      for (const id of ['one', 'two'])
        await balancer.until(({ kind, worker }) => kind === 'worker.heard' && worker === id);
      // What the balancer before it left is not taken for its own.
      await balancer.until((event) => isSettled(event) && event.isFetched === true);
      await leadsTo(balancer, 'one', 'two');
      await areIn();
      await forgetDescriptors(visitor);
      assert.ok(['w1', 'w2'].includes(await answerOf(frontend)));
    } finally {
      exitCode = await balancer.stop('SIGTERM');
    }
    assert.equal(exitCode, 0);
  });
});
