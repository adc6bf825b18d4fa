// The traffic oracle over a private network on loopback: it must hold still while a relay is restarted as told, and cry out
// when one is killed untold.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import type { Oracle } from '@tearless/lab/traffic/oracle.ts';
import type { TrafficRecord } from '@tearless/lab/traffic/record.ts';
import { startOracle } from '@tearless/lab/traffic/start-oracle.ts';
import type { HsDescEvent } from '@tearless/tor/control/event/hs-desc.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const owner = ['--__OwningControllerProcess', String(process.pid)];

suite('traffic oracle', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const name = `testtraffic${process.pid}`;
  const recordsFile = join(labPaths(name).traffic, 'records.ndjson');
  let network: Network;
  let oracle: Oracle;
  let fleet: NetworkNode[];

  before(async () => {
    const lab = await claimLab(name);
    const counts = { authorities: 3, relays: 4, clients: 2, services: 1 };
    network = await startNetwork({ ...counts, lab, family: 2, ownerPid: process.pid });
    fleet = network.withRole('relay').slice(0, 2);
    const fingerprints = fleet.flatMap(({ fingerprint }) => fingerprint ?? []);
    oracle = await startOracle({ network, fleet: fingerprints, ratePerSecond: 4, downloads: 2, recordsFile });
  });
  after(async () => {
    // Its requests may still wait for the relay that was killed; their answers are of no interest any more.
    await oracle?.stop({ abandon: true });
    await network?.stop();
    await dropLab(name);
  });

  const isFailure = ({ outcome }: TrafficRecord) => outcome === 'failed';
  const describe = (records: readonly TrafficRecord[]) => JSON.stringify(records.filter(isFailure), undefined, 1);

  /** Until so many requests of each kind that began after a moment have ended. */
  const answersSince = (sinceMs: number, count: number): Promise<true> =>
    waitFor(
      () => {
        const fresh = oracle.records.filter(({ form, startMs }) => form === 'request' && startMs >= sinceMs);
        return ['onion', 'exit'].every((kind) => fresh.filter((record) => record.kind === kind).length >= count);
      },
      { what: `${count} requests of each kind`, timeoutMs: 5 * 60_000, intervalMs: 100 },
    ) as Promise<true>;

  /** A relay of the fleet that carries an open download through an exit. */
  const carrier = (): Promise<NetworkNode> =>
    waitFor(
      async () => {
        const [client] = network.withRole('client');
        const control = await client?.control;
        assert.ok(control !== undefined);
        const circuits = await control.info('circuit-status');
        const open = circuits.filter(
          ({ status, socksUsername }) => status === 'BUILT' && socksUsername?.includes('download'),
        );
        const hops = open.flatMap(({ path }) => path);
        return fleet.find((node) => hops.some(({ fingerprint }) => fingerprint === node.fingerprint));
      },
      { what: 'a download through the fleet', timeoutMs: 5 * 60_000, intervalMs: 50 },
    );

  test('every circuit has a relay of the fleet on it, and not only such', async () => {
    await answersSince(0, 4);
    const ok = oracle.records.filter(({ outcome }) => outcome === 'ok');
    assert.ok(ok.length >= 8, describe(oracle.records));
    const ours = new Set(fleet.map(({ fingerprint }) => fingerprint));
    for (const { attempts, kind } of ok) {
      const path = attempts.at(-1)?.clientPath ?? [];
      assert.ok(path.some((hop) => ours.has(hop)) && path.some((hop) => !ours.has(hop)), `${kind}: ${path}`);
      if (kind === 'onion') assert.ok((attempts.at(-1)?.servicePath ?? []).length >= 3);
    }
  });

  const restart = async (node: NetworkNode): Promise<void> => {
    const { fingerprint } = node;
    assert.ok(fingerprint !== undefined);
    oracle.restarting(fingerprint);
    await node.stop({ signal: 'SIGINT' });
    const control = await node.start(owner);
    const bootstrapped = async () => (await control.info('status/bootstrap-phase')).progress === 100;
    await waitFor(bootstrapped, { what: 'the relay to come back', timeoutMs: 5 * 60_000 });
    oracle.restarted(fingerprint);
    await answersSince(Date.now(), 3);
  };

  test('a restart that it was told of cuts streams and fails nothing', async () => {
    const fromMs = Date.now();
    // A download may come to its end between the look at it and the restart: then there was nothing to cut.
    for (let restarts = 0; restarts === 0 || (oracle.summary().streams.cut === 0 && restarts < 5); restarts += 1)
      await restart(await carrier());
    const { requests, streams } = oracle.summary();
    assert.equal(requests.failed + streams.failed, 0, describe(oracle.records));
    assert.ok(streams.cut >= 1);
    assert.ok(oracle.requestsDuring({ fromMs, toMs: Date.now() }).length >= 6);
  });

  test('a relay that is killed untold makes a failure', async () => {
    const node = await carrier();
    const failed = new Promise<TrafficRecord>((resolve) => {
      oracle.on((record) => {
        if (isFailure(record)) resolve(record);
      });
    });
    await node.stop({ signal: 'SIGKILL' });
    const record = await failed;
    assert.match(record.reason ?? '', /while no relay of its circuit was restarting/);
    assert.ok(record.fleetRelays.includes(node.fingerprint ?? ''));
    assert.ok(oracle.summary().failures.includes(record));
  });

  test('every record so far is in its file', () => {
    const lines = readFileSync(recordsFile, 'utf8').trimEnd().split('\n');
    const ids = new Set(lines.map((line) => (JSON.parse(line) as TrafficRecord).id));
    for (const { id } of oracle.records.slice(0, 10)) assert.ok(ids.has(id));
  });

  test('a fleet of one relay: circuits to onion services may also end at it', async () => {
    await oracle.stop({ abandon: true });
    const { fingerprint } = network.withRole('relay').at(-1) ?? {};
    const [service] = network.withRole('service');
    const control = await network.withRole('client')[1]?.control;
    assert.ok(fingerprint !== undefined && service?.onionAddress !== undefined && control !== undefined);
    oracle = await startOracle({ network, fleet: [fingerprint], ratePerSecond: 1, downloads: 0 });
    // A directory that is the fleet's relay stands for a rendezvous point that is: which one that is cannot be said to tor.
    const answers = ({ action, reason }: HsDescEvent) => action === 'RECEIVED' || reason === 'NOT_FOUND';
    const address = service.onionAddress.replace(/\.onion$/, '');
    const ask = () => control.hsFetch(address, { servers: [fingerprint] });
    await using events = control.events('HS_DESC', { signal: AbortSignal.timeout(3 * 60_000) });
    await events.ready;
    await ask();
    for await (const event of events) {
      if (event.hsDir?.fingerprint !== fingerprint) continue;
      if (answers(event)) return;
      // Its way went by the relay that was killed.
      if (event.action === 'FAILED') await ask();
    }
    assert.fail('the relay was not asked');
  });
});
