// Makes the recordings of this folder: a private network of twelve directories, onion services that come and go on one
// tor, and what C tor says about them. Takes about ten minutes, the time of two shared-random runs.
// Usage, from the root of the checkout: node packages/tor/testdata/onion/recorded/record.ts [FILE]
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';

const output = process.argv[2] ?? new URL('observed.json', import.meta.url);
const say = (text: string) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);
const base32 = (bytes: Uint8Array) => {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return bits.replace(/.{1,5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)] ?? '');
};

const name = `record${process.pid}`;
const lab = await claimLab(name);
const network = await startNetwork({ lab, authorities: 3, relays: 9, clients: 2, services: 0, ownerPid: process.pid, timeoutMs: 180_000 });
try {
  const [reader, host] = await Promise.all(network.withRole('client').map((node) => node.control));
  if (reader === undefined || host === undefined) throw new Error('no clients');
  const seen: { atMs: number; type: string; text: unknown }[] = [];
  watch(host, seen).catch((error) => say(`${error}`));
  const contents: { hsDir: string | undefined; descriptorId: string; descriptor: string }[] = [];
  // A connection that ends early fails whatever waits for it below.
  (async () => {
    for await (const event of reader.events('HS_DESC_CONTENT')) {
      if (event.descriptor !== '') contents.push({ hsDir: event.hsDir?.fingerprint, descriptorId: event.descriptorId, descriptor: event.descriptor });
    }
  })().catch((error) => say(`${error}`));

  const clientAuth = generateKeyPairSync('x25519');
  const raw = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const clientSecret = raw(clientAuth.privateKey.export({ format: 'jwk' }).d);
  const clientPublic = raw(clientAuth.publicKey.export({ format: 'jwk' }).x);
  const kinds = {
    plain: ['Port=80,127.0.0.1:9'],
    restricted: ['Flags=V3Auth', 'Port=80,127.0.0.1:9', `ClientAuthV3=${base32(clientPublic)}`],
    work: ['PoWDefensesEnabled=1', 'Port=80,127.0.0.1:9'],
  };
  const keys = new Map<string, string>();
  const recordings: unknown[] = [];

  const observe = async (kind: keyof typeof kinds) => {
    // The recorded consensus must be the one that the service goes by.
    while (Number(await host.info('consensus/valid-after')) !== Number(await reader.info('consensus/valid-after'))) await sleep(250);
    seen.length = 0;
    contents.length = 0;
    const key = keys.get(kind) ?? 'NEW:ED25519-V3';
    const reply = await host.command({ keyword: 'ADD_ONION', args: [key, ...kinds[kind]] });
    const lines = reply.lines.map(({ text }) => text);
    const address = lines.find((line) => line.startsWith('ServiceID='))?.slice(10);
    const made = lines.find((line) => line.startsWith('PrivateKey='))?.slice(11);
    if (made !== undefined) keys.set(kind, made);
    if (address === undefined) throw new Error(lines.join('|'));
    // Both descriptors at eight directories each.
    for (let i = 0; i < 240 && uploads(seen).filter(({ action }) => action === 'UPLOADED').length < 16; i++) await sleep(250);
    const consensus = await reader.getInfo('dir/status-vote/current/consensus-microdesc');
    const own = await host.getInfo(`hs/service/desc/id/${address}`).catch(() => '');
    const servers = new Set(uploads(seen).flatMap(({ hsDir }) => hsDir?.fingerprint ?? []));
    for (const server of servers) {
      const before = contents.length;
      await reader.hsFetch(address, { servers: [server] });
      for (let i = 0; i < 12 && contents.length === before; i++) await sleep(250);
    }
    const counters = seen.flatMap(({ atMs, text }, i) => {
      const setting = typeof text === 'string' && /Setting rev counter for TP #(\d+): SRV started at (\d+), now (\d+) \((\w+)\)/.exec(text);
      if (setting === false || setting === null) return [];
      const next = seen.slice(i + 1).find((later) => typeof later.text === 'string' && later.text.includes('Encrypted revision counter'));
      const counter = /counter (\d+) to (\d+)/.exec(String(next?.text));
      return [{ atMs, timePeriod: Number(setting[1]), runStart: Number(setting[2]), now: Number(setting[3]), which: setting[4], elapsed: Number(counter?.[1]), counter: counter?.[2] }];
    });
    const { validAfterMs, freshUntilMs } = parseConsensus(consensus);
    recordings.push({
      kind,
      address,
      validAfterMs,
      freshUntilMs,
      recordedMs: Date.now(),
      uploads: uploads(seen).filter(({ action }) => action === 'UPLOAD').map(({ hsDir, descriptorId, hsDirIndex }) => ({ hsDir: hsDir?.fingerprint, descriptorId, hsDirIndex })),
      counters,
      own,
      // Each directory has a body of its own, as the salts are fresh for each: one will do.
      fetched: contents[0],
      consensus,
    });
    await host.delOnion(address);
    say(`${kind}: ${counters.length} counters, ${contents.length} fetched, own ${own.length} bytes`);
  };
  const save = async () =>
    writeFileSync(
      output,
      `${JSON.stringify({ tor: await host.getInfo('version'), keys: Object.fromEntries(keys), clientSecret: clientSecret.toString('base64'), microdescs: await reader.getInfo('md/all'), recordings }, undefined, 1)}\n`,
    );

  await observe('plain');
  await save();
  // Then once with both shared-random values known, before and after the change of the time period.
  const wanted = new Set(['between SRV and TP', 'between TP and SRV']);
  while (wanted.size > 0) {
    await reader.waitFor('NEWCONSENSUS');
    const parsed = parseConsensus(await reader.getInfo('dir/status-vote/current/consensus-microdesc'));
    if (parsed.sharedRandPrevious === null || parsed.sharedRandCurrent === null) continue;
    const interval = parsed.freshUntilMs - parsed.validAfterMs;
    const slot = Math.floor(parsed.validAfterMs / interval) % 24;
    const now = slot < 12 ? 'between SRV and TP' : 'between TP and SRV';
    // Early in its half, so that the recording is over before the next change.
    if (!wanted.has(now) || slot % 12 > 3) continue;
    wanted.delete(now);
    say(now);
    for (const kind of ['plain', 'restricted', 'work'] as const) await observe(kind);
    await save();
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await network.stop();
  await dropLab(name);
}

function uploads(events: { type: string; text: unknown }[]) {
  return events.flatMap(({ text }) =>
    typeof text === 'object' && text !== null && 'action' in text ? [text as { action: string; hsDir?: { fingerprint?: string }; descriptorId?: string; hsDirIndex?: string }] : [],
  );
}

async function watch(controller: Controller, into: { atMs: number; type: string; text: unknown }[]) {
  for await (const event of controller.events('INFO', 'HS_DESC', { maxQueued: 100_000 })) {
    if (event.type === 'INFO' && !event.text.includes('rev')) continue;
    into.push({ atMs: Date.now(), type: event.type, text: event.type === 'INFO' ? event.text : event });
  }
}
