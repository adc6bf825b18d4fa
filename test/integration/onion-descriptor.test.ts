// Descriptors that packages/tor builds, believed by C tor: a worker whose key files were made here and which publishes
// nothing itself; a frontend of which no tor has the key; clients that reach the worker by the frontend's address.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { certificateExpiryMs, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { mixAuthClients, sealCookie } from '@tearless/tor/hsdesc/client-auth.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { type IntroPoint, recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { parseMicrodescriptors } from '@tearless/tor/netdoc/microdescriptor.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { type HsDir, listHsDirs, readRingSizes } from '@tearless/tor/onion/hsdirs.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { signerFromExpanded, signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { deriveCounterKey, RevisionCounters } from '@tearless/tor/onion/revision-counter.ts';
import { buildRing, listStoringHsDirs } from '@tearless/tor/onion/ring.ts';
import { planOnionSchedule } from '@tearless/tor/onion/schedule.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { x25519PublicKey } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { openDescriptor } from './support/open-descriptor.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));
const bare = (publicKey: Uint8Array) => encodeOnionAddress(publicKey).replace(/\.onion$/, '');

const makeIdentity = () => {
  const secret = expandSeed(random(32));
  return { secret, publicKey: publicKeyOf(secret) };
};

/** What the tor at that control connection knows of the network. It has a consensus before it has all microdescriptors of it. */
const readView = (control: Controller) =>
  waitFor(
    async () => {
      const document = parseConsensus(await control.getInfo('dir/status-vote/current/consensus-microdesc'));
      const { hsDirs, missing } = listHsDirs(document.routers, parseMicrodescriptors(await control.getInfo('md/all')));
      const schedule = planOnionSchedule(document, { isTestNetwork: true });
      return missing.length === 0 ? { document, hsDirs, schedule } : undefined;
    },
    { what: 'the microdescriptors of all relays', timeoutMs: 5 * 60_000, intervalMs: 250 },
  );

suite('descriptors built here, in a network of C tor', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const name = `testonion${process.pid}`;
  const worker = makeIdentity();
  const open = makeIdentity();
  const restricted = makeIdentity();
  const clientSecret = new Sensitive(random(32));
  let network: Network;
  let host: Controller;
  let clients: NetworkNode[];
  let server: Server;
  let introPoints: readonly IntroPoint[];

  before(async () => {
    const lab = await claimLab(name);
    network = await startNetwork({ lab, authorities: 3, relays: 5, clients: 3, services: 0, ownerPid: process.pid });
    const [first, ...others] = network.withRole('client');
    assert.ok(first !== undefined);
    host = await first.control;
    clients = others;
    server = createServer((socket) => socket.end('from the worker'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server?.close();
    await network?.stop();
    await dropLab(name);
  });

  test('tor takes key files made here, and its descriptor is read though it publishes none', async () => {
    const folder = join(labPaths(name).network, 'worker');
    mkdirSync(folder, { mode: 0o700 });
    const files = encodeKeyFiles(worker.secret);
    writeFileSync(join(folder, 'hs_ed25519_secret_key'), files.hs_ed25519_secret_key.reveal(), { mode: 0o600 });
    writeFileSync(join(folder, 'hs_ed25519_public_key'), files.hs_ed25519_public_key, { mode: 0o600 });
    writeFileSync(join(folder, 'hostname'), files.hostname, { mode: 0o600 });
    const masters = [open, restricted].map(({ publicKey }) => `MasterOnionAddress ${encodeOnionAddress(publicKey)}\n`);
    writeFileSync(join(folder, 'ob_config'), masters.join(''), { mode: 0o600 });
    await host.setConf({ PublishHidServDescriptors: '0' });
    await host.setConf([
      ['HiddenServiceDir', folder],
      ['HiddenServiceOnionBalanceInstance', '1'],
      ['HiddenServicePort', `80 127.0.0.1:${(server.address() as AddressInfo).port}`],
    ]);
    introPoints = await waitFor(
      async () => {
        const text = await host.getInfo(`hs/service/desc/id/${bare(worker.publicKey)}`).catch(() => '');
        if (text === '') return undefined;
        const opened = openDescriptor(text, worker.publicKey, (await readView(host)).schedule);
        if (opened === undefined) return undefined;
        assert.deepEqual(opened.refused, []);
        return opened.inner.introPoints.length >= 3 ? opened.inner.introPoints : undefined;
      },
      { what: 'three introduction points of the worker', timeoutMs: 5 * 60_000, intervalMs: 250 },
    );
  });

  /** Makes and uploads both descriptors of a frontend; a body of its own for each directory, all with one counter. */
  const publish = async (front: ReturnType<typeof makeIdentity>, authorized: readonly Uint8Array[]) => {
    const { schedule, hsDirs, document } = await readView(host);
    const nowMs = Date.now();
    for (const slot of [schedule.first, schedule.second]) {
      const keys = deriveDescriptorKeys(front.publicKey, slot.period);
      const blindedSecret = blindSecretKey(front.secret, blindingFactor(front.publicKey, slot.period));
      const signer = signerFromSeed(random(32));
      const expiresMs = certificateExpiryMs(nowMs);
      const ephemeralSecret = new Sensitive(random(32));
      const cookie = new Sensitive(random(16));
      const seal = (clientKey: Uint8Array) =>
        sealCookie({ subcredential: keys.subcredential, ephemeralSecret, clientKey, cookie, iv: random(16) });
      const content = {
        lifetimeMinutes: 180,
        signingCertificate: certifyDescriptorSigningKey(signerFromExpanded(blindedSecret), signer.publicKey, expiresMs),
        revisionCounter: new RevisionCounters(deriveCounterKey(blindedSecret)).at(nowMs, slot.runStartMs),
        middle: {
          ephemeralKey: x25519PublicKey(ephemeralSecret),
          authClients: mixAuthClients(authorized.map(seal), random),
          isCaaCritical: true,
          unknown: [],
        },
        inner: {
          create2Formats: [2],
          introAuthRequired: null,
          isSingleOnionService: false,
          flowControl: { versions: '1-2', sendmeIncrement: 31 },
          powParams: null,
          caa: [{ flags: 0, tag: 'issue', value: '"example.org"' }],
          unknown: [],
          introPoints: introPoints.map((point) => recertifyIntroPoint(point, signer, expiresMs)),
        },
        descriptorCookie: authorized.length === 0 ? null : cookie,
      };
      const dirs = listStoringHsDirs(buildRing(hsDirs, slot), keys.blindedKey, readRingSizes(document));
      assert.ok(dirs.length >= 5);
      const events = host.events('HS_DESC');
      await events.ready;
      const post = async (dir: HsDir): Promise<void> => {
        const salts = { middle: random(16), inner: random(16) };
        const text = encodeDescriptor({ ...content, salts }, { keys, signer });
        await host.hsPost(text, { servers: [dir.fingerprint], address: bare(front.publicKey) });
      };
      for (const { hsDir } of dirs) await post(hsDir);
      const waiting = new Map(dirs.map(({ hsDir }) => [hsDir.fingerprint, hsDir]));
      for await (const { action, hsDir, reason } of events) {
        const dir = waiting.get(hsDir?.fingerprint ?? '');
        if (dir === undefined) continue;
        if (action === 'UPLOADED') waiting.delete(dir.fingerprint);
        else if (action === 'FAILED') {
          assert.equal(reason, 'UNEXPECTED', `${hsDir?.nickname} refused it`);
          await post(dir); // it never got there
        }
        if (waiting.size === 0) break;
      }
    }
  };

  const ask = async (node: NetworkNode | undefined, publicKey: Uint8Array): Promise<string> => {
    const { socksSocket } = node?.plan ?? {};
    assert.ok(socksSocket !== undefined);
    const target = { host: encodeOnionAddress(publicKey), port: 80, username: 'test' };
    const socket = await connectSocks(socksSocket, target, AbortSignal.timeout(5 * 60_000));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  test('directories take the descriptors of a frontend, and a client reaches the worker by its address', async () => {
    await publish(open, []);
    assert.equal(await ask(clients[0], open.publicKey), 'from the worker');
  });

  test('with client authorization only the client that has the key reaches it', async () => {
    await publish(restricted, [x25519PublicKey(clientSecret)]);
    const control = await clients[0]?.control;
    const key = `x25519:${Buffer.from(clientSecret.reveal()).toString('base64')}`;
    await control?.command({
      keyword: 'ONION_CLIENT_AUTH_ADD',
      args: [bare(restricted.publicKey), key],
      shown: 'ONION_CLIENT_AUTH_ADD',
      secrets: [key],
    });
    assert.equal(await ask(clients[0], restricted.publicKey), 'from the worker');
    await assert.rejects(ask(clients[1], restricted.publicKey), /client authorisation missing/);
  });
});
