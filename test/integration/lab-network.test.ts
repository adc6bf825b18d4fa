// A private Tor network on loopback: no root, no namespaces.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { LabError } from '@tearless/lab/base/lab-error.ts';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { type LabRecord, labPaths, labsRoot } from '@tearless/lab/base/lab-state.ts';
import { findMarkedProcesses } from '@tearless/lab/base/tracked-process.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { waitForDescriptor, waitUntilListed } from '@tearless/lab/network/consensus.ts';
import { likeTheWorld } from '@tearless/lab/network/like-the-world.ts';
import { type Network, openNetwork } from '@tearless/lab/network/network.ts';
import { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { makeRelayKeys } from '@tearless/lab/network/node-keys.ts';
import { dirPort } from '@tearless/lab/network/node-plan.ts';
import { type NetworkPhase, startNetwork } from '@tearless/lab/network/start-network.ts';
import { wakeServices } from '@tearless/lab/network/wake-services.ts';
import { startCrowd } from '@tearless/lab/traffic/crowd.ts';
import type { HsDescEvent } from '@tearless/tor/control/event/hs-desc.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const counts = { authorities: 3, relays: 2, clients: 1, services: 1 };

/** A relay of the common lines and its own, not started. */
const planJoining = async (lab: LabRecord, network: Network): Promise<{ node: NetworkNode; fingerprint: string }> => {
  const address = nodeAddress(lab.net, 100, 'loopback');
  const folder = join(labPaths(lab.name).network, 'joins');
  const plan = {
    role: 'relay',
    nickname: 'joins',
    address,
    folder,
    controlSocket: join(folder, 'control.sock'),
  } as const;
  mkdirSync(folder, { mode: 0o700 });
  const fingerprint = await makeRelayKeys(plan);
  const node = new NetworkNode(plan, { lab: lab.name, root: labsRoot() });
  const own = [`Nickname joins`, `Address ${address}`, `ORPort ${address}:9001`, 'ExitRelay 0', 'SocksPort 0'];
  const control = [`DataDirectory ${folder}`, `ControlPort unix:${plan.controlSocket}`, 'CookieAuthentication 1'];
  node.writeTorrc(`${[...network.commonTorrc, ...own, ...control].join('\n')}\n`);
  return { node, fingerprint };
};

suite('private network', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const name = `testnet${process.pid}`;
  let lab: LabRecord;
  let network: Network;
  const phases: NetworkPhase[] = [];

  before(async () => {
    lab = await claimLab(name);
    const onProgress = ({ phase }: { phase: NetworkPhase }) => phases.push(phase);
    network = await startNetwork({ ...counts, lab, family: 1, ownerPid: process.pid, onProgress });
  });
  after(async () => {
    await network?.stop();
    await dropLab(name);
  });

  test('it comes up in steps that are told', () => {
    assert.deepEqual([...new Set(phases)], ['keys', 'relays', 'consensus', 'clients', 'onion', 'up']);
  });

  test('clients know every relay as running', async () => {
    const fingerprints = network.nodes.flatMap(({ fingerprint }) => fingerprint ?? []);
    assert.equal(fingerprints.length, 5);
    const [client] = network.withRole('client');
    assert.ok(client !== undefined);
    await waitUntilListed(network, fingerprints, { node: client });
  });

  test('no relay is too slow to be used, however little it carried', async () => {
    const [authority] = network.withRole('authority');
    assert.ok(authority !== undefined);
    const url = `http://${authority.plan.address}:${dirPort}/tor/status-vote/current/authority`;
    const readThresholds = async () => {
      const vote = await (await fetch(url)).text();
      const hasBandwidths = /^w Bandwidth=[1-9]/m.test(vote); // before, nobody has carried anything
      return hasBandwidths ? /^flag-thresholds .*/m.exec(vote)?.[0] : undefined;
    };
    const thresholds = await waitFor(readThresholds, { what: 'a vote with bandwidths', timeoutMs: 3 * 60_000 });
    assert.match(thresholds, / fast-speed=0 /);
  });

  test('a relay that is not there is named', async () => {
    const nobody = 'F'.repeat(40);
    await assert.rejects(waitUntilListed(network, [nobody], { timeoutMs: 100 }), (error) => {
      assert.ok(error instanceof LabError && error.code === 'network-not-listed');
      assert.match(error.message, new RegExp(nobody));
      return true;
    });
  });

  test('another process can open it and control its nodes', async () => {
    const opened = openNetwork(name);
    assert.deepEqual(opened.dirAuthorityLines, network.dirAuthorityLines);
    for (const node of opened.nodes) {
      const control = await node.control;
      assert.equal((await control.getConf('Nickname'))[0], node.nickname);
    }
    await opened.disconnect();
  });

  test('an onion service has its address', () => {
    for (const { onionAddress } of network.withRole('service'))
      assert.match(onionAddress ?? '', /^[a-z2-7]{56}\.onion$/);
  });

  test('other people’s circuits go over every link, and end with them', async () => {
    const [client] = network.withRole('client');
    assert.ok(client !== undefined);
    const control = await client.control;
    const isTheirs = (path: readonly unknown[]): boolean => path.length === 5;
    const countTheirs = async () => (await control.info('circuit-status')).filter(({ path }) => isTheirs(path)).length;
    assert.equal(await countTheirs(), 0);
    const crowd = await startCrowd(client, network);
    let whole = 0;
    const events = control.events('CIRC');
    const count = async (): Promise<void> => {
      for await (const { status, path } of events) if (status === 'BUILT' && isTheirs(path)) whole += 1;
    };
    const counting = count();
    await waitFor(() => crowd.rounds >= 2, { what: 'two rounds of the crowd', timeoutMs: 5 * 60_000 });
    await crowd.stop();
    await events[Symbol.asyncDispose]();
    await counting;
    assert.ok(whole > 0);
    assert.equal(await countTheirs(), 0);
    const relays = network.nodes.filter(({ fingerprint }) => fingerprint !== undefined);
    for (const relay of relays) {
      const links = await (await relay.control).getInfo('orconn-status');
      const missing = relays.filter(
        ({ fingerprint = '' }) => fingerprint !== relay.fingerprint && !links.includes(fingerprint),
      );
      assert.deepEqual(
        missing.map(({ nickname }) => nickname),
        [],
        `links of ${relay.nickname}`,
      );
    }
  });

  test('a relay with the common lines and its own joins', async () => {
    const { node, fingerprint } = await planJoining(lab, network);
    const startedMs = Date.now();
    try {
      await node.start(['--__OwningControllerProcess', String(process.pid)]);
      await waitForDescriptor(network, fingerprint, { publishedAfterMs: startedMs });
      await waitUntilListed(network, [fingerprint], { votedAfterMs: startedMs });
    } finally {
      await node.stop();
    }
  });

  test('a relay that is restarted says that its descriptor was accepted', async () => {
    const [relay] = network.withRole('relay');
    assert.ok(relay !== undefined);
    const before = relay.pid;
    await relay.stop({ signal: 'SIGINT' });
    assert.equal(relay.pid, undefined);
    const control = await relay.start(['--__OwningControllerProcess', String(process.pid)]);
    assert.notEqual(relay.pid, before);
    const accepted = async () => (await control.getInfo('status/accepted-server-descriptor')) === '1';
    await waitFor(accepted, { what: 'an accepted descriptor', timeoutMs: 5 * 60_000 });
  });

  test('a node that cannot start says why', async () => {
    const [client] = network.withRole('client');
    assert.ok(client !== undefined);
    await client.stop();
    await assert.rejects(client.start(['--NoSuchOption', '1']), (error) => {
      assert.ok(error instanceof LabError && error.code === 'network-node-ended');
      assert.match(error.message, /NoSuchOption/);
      return true;
    });
  });

  test('after stopping nothing of it runs', async () => {
    await network.stop();
    assert.deepEqual(findMarkedProcesses(name), []);
  });
});

suite('private network that a relay joins', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const name = `testjoin${process.pid}`;
  let lab: LabRecord;
  let network: Network;

  before(async () => {
    lab = await claimLab(name);
    network = await startNetwork({ ...counts, lab, ownerPid: process.pid, ownOf: likeTheWorld });
  });
  after(async () => {
    await network?.stop();
    await dropLab(name);
  });

  test('an onion service that lost its paths by that brings it its descriptors all the same', async () => {
    const { node, fingerprint } = await planJoining(lab, network);
    const [service] = network.withRole('service');
    assert.ok(service !== undefined);
    const control = await service.control;
    // It loses them as soon as it hears of a relay that it knows no more of: nobody has a bandwidth here, so each counts alike.
    await control.setConf({ PathsNeededToBuildCircuits: '0.95' });
    // In so small a network every directory is responsible for every service.
    const isBrought = ({ action, hsDir }: HsDescEvent) => action === 'UPLOADED' && hsDir?.fingerprint === fingerprint;
    const brought = control.waitFor('HS_DESC', isBrought, { timeoutMs: 4 * 60_000 });
    try {
      await node.start(['--__OwningControllerProcess', String(process.pid)]);
      await wakeServices(network, [fingerprint]);
      await brought;
    } finally {
      brought.catch(() => {}); // one error is enough
      await node.stop();
    }
  });
});

suite('private network that does not come up', { skip: hasTor ? false : 'tor is not installed' }, () => {
  test('in the time given: nothing is left running, and the error says how far it was', async () => {
    const name = `testnot${process.pid}`;
    const lab = await claimLab(name);
    try {
      await assert.rejects(startNetwork({ ...counts, lab, ownerPid: process.pid, timeoutMs: 2000 }), (error) => {
        assert.ok(error instanceof LabError && error.code === 'network-timeout', String(error));
        assert.match(error.message, /it was at: /);
        return true;
      });
      assert.deepEqual(findMarkedProcesses(name), []);
    } finally {
      await dropLab(name);
    }
  });
});
