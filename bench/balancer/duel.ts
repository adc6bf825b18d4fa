// Decoding, building and the ring: Tearless's library and, in turn with it, stem and Onionbalance on the same inputs.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import { decodeDescriptor, openDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { makeIdentity } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { blindingFactor } from '@tearless/tor/onion/blinding.ts';
import { type DescriptorKeys, deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { expandSeed } from '@tearless/tor/onion/secret-key.ts';
import { type TimePeriod, timePeriodNumbered } from '@tearless/tor/onion/time-period.ts';
import { makePeriodKeys } from 'tearless/balance/publish/period-keys.ts';
import type { BenchmarkContext, Measurement } from '../core/benchmark.ts';
import { median, runInTurn } from '../core/measure.ts';
import { makeNetwork } from './network.ts';
import { buildDescriptor, describeRound, random, readRing } from './ours.ts';
import type { Peer } from './peers.ts';
import { type MadeDescriptor, makeDescriptor } from './services.ts';

const relays = 8000;
const minuteMs = 60_000;
const periodMinutes = 1440;

/** What both do, how often in a round, and what there must be in the end. */
interface Duel {
  readonly name: string;
  readonly aim?: number;
  /** The most that ours may take. */
  readonly limitMs?: number;
  readonly rounds: number;
  readonly repeat: number;
  readonly ours: () => void;
  /** Without one only ours is measured. */
  readonly peer?: Readonly<Record<string, unknown>>;
}

const timeEach = (repeat: number, work: () => void): number[] =>
  Array.from({ length: repeat }, () => {
    const beganMs = performance.now();
    work();
    return performance.now() - beganMs;
  });

/** Medians of the rounds' medians: what else the machine does strikes both alike. */
const fight = async (
  duel: Duel,
  peer: Peer | undefined,
  { progress, signal }: BenchmarkContext,
): Promise<Measurement> => {
  const { name, aim, limitMs, rounds, repeat, ours: work, peer: task } = duel;
  const ours = async () => {
    signal.throwIfAborted();
    return median(timeEach(repeat, work));
  };
  const theirs = async () =>
    peer === undefined || task === undefined
      ? Number.NaN
      : median((await peer.ask({ ...task, repeat: Math.ceil(repeat / 4) })).ms);
  progress(name);
  const samples = await runInTurn({ ours, theirs }, { rounds });
  const peerMs = median(samples.theirs);
  return {
    name: `balancer/${name}`,
    unit: 'ms',
    ours: median(samples.ours),
    ...(Number.isNaN(peerMs) ? {} : { peer: peerMs }),
    ...(aim === undefined ? {} : { aim }),
    ...(limitMs === undefined ? {} : { limit: limitMs }),
  };
};

/** A descriptor of a real service of 2017 with four points, two of which have keys that tor no longer makes. */
const recorded = {
  path: new URL('../../packages/tor/testdata/hsdesc/stem-hidden_service_v3', import.meta.url).pathname,
  address: 'sltib6sxkuxh2scmtuvd5w2g7pahnzkovefxpo4e4ptnkzl5kkq5h2ad.onion',
  period: { number: 17_391, lengthMinutes: periodMinutes },
  points: 4,
  usable: 2,
};

interface Written extends MadeDescriptor {
  readonly path: string;
  readonly points: number;
}

const decoding = (name: string, text: string, keys: DescriptorKeys, usable: number, peer: Duel['peer']): Duel => ({
  name: `decode/${name}`,
  aim: 4,
  rounds: 9,
  repeat: 1000,
  ours: () => assert.equal(openDescriptor(text, { keys }).inner.introPoints.length, usable),
  peer: { do: 'decode', ...peer },
});

const verifying = (worker: Written, period: TimePeriod, nowMs: number): Duel[] => {
  const { text, service, points, path } = worker;
  const { keys } = service;
  const memory = new CertificateMemory();
  // As a worker publishes again: other layers, the same certificates.
  const versions = [1, 2, 3, 4].map((version) => makeDescriptor(service, { period, points, nowMs, version }).text);
  let turn = 0;
  const check = (one: string, known?: CertificateMemory) =>
    assert.equal(decodeDescriptor(one, { keys, nowMs, memory: known }).inner.introPoints.length, points);
  return [
    {
      name: `decode-verified/${points}-points`,
      rounds: 9,
      repeat: 300,
      ours: () => check(text),
      peer: { do: 'decode-verified', path, address: service.address, points },
    },
    {
      name: `decode-verified/${points}-points-again`,
      limitMs: 1,
      rounds: 9,
      repeat: 300,
      ours: () => check(versions[turn++ % versions.length] ?? text, memory),
    },
  ];
};

/** @param peer undefined when it is not to be had: ours is measured alone then */
export const runDuels = async (
  folder: string,
  peer: Peer | undefined,
  context: BenchmarkContext,
): Promise<Measurement[]> => {
  const nowMs = Date.now();
  const rules = { periodMinutes, offsetSeconds: 12 * 3600 };
  const period = timePeriodNumbered(rules, Math.floor((nowMs / minuteMs - 720) / periodMinutes));
  await mkdir(folder, { recursive: true });
  const write = async (name: string, points: number): Promise<Written> => {
    const made = makeDescriptor(makeIdentity(name), { period, points, nowMs });
    const path = join(folder, name);
    await writeFile(path, made.text);
    return { ...made, path, points };
  };
  const small = await write('three', 3);
  const full = await write('twenty', 20);
  const workers = await Promise.all(Array.from({ length: 10 }, (_, index) => write(`worker${index}`, 2)));
  const stemText = await readFile(recorded.path, 'utf8');
  const stemKeys = deriveDescriptorKeys(parseOnionAddress(recorded.address), recorded.period);
  const asked = ({ path, service, points }: Written) => ({ path, address: service.address, points });

  const frontend = makeIdentity('frontend');
  const key = { ...frontend, secret: expandSeed(frontend.seed) };
  const points = workers.flatMap(
    ({ text, service: { keys } }) => decodeDescriptor(text, { keys, nowMs }).inner.introPoints,
  );
  const content = describeRound(points, nowMs);
  const seconds = { start: 1, end: 86_399 };
  const building = (name: string, elapsed: number, aim: number): Duel => {
    const kept = makePeriodKeys(key, period, random);
    return {
      name: `build/${name}`,
      aim,
      rounds: 5,
      repeat: 60,
      ours: () => {
        const atMs = Date.now();
        const text = buildDescriptor(kept, content, { nowMs: atMs, runStartMs: atMs - elapsed * 1000 });
        assert.ok(text.length > 30_000);
      },
      peer: {
        do: 'build',
        seed: Buffer.from(frontend.seed).toString('hex'),
        nonce: Buffer.from(blindingFactor(frontend.publicKey, period)).toString('hex'),
        address: frontend.address,
        workers: workers.map(asked),
        points: points.length,
        elapsed,
      },
    };
  };

  const network = makeNetwork(relays, nowMs);
  await writeFile(join(folder, 'consensus'), network.consensus);
  await writeFile(join(folder, 'microdescs'), network.microdescs);
  const ring: Duel = {
    name: 'ring',
    aim: 20,
    rounds: 7,
    repeat: 5,
    ours: () => assert.equal(readRing(network).members.length, network.hsDirs),
    peer: { do: 'ring', folder, members: network.hsDirs },
  };

  const duels = [
    decoding('recorded', stemText, stemKeys, recorded.usable, recorded),
    decoding('3-points', small.text, small.service.keys, 3, asked(small)),
    decoding('20-points', full.text, full.service.keys, 20, asked(full)),
    ...verifying(small, period, nowMs),
    ...verifying(full, period, nowMs),
    building('run-start', seconds.start, 5),
    building('run-end', seconds.end, 40),
    ring,
  ];
  const measurements: Measurement[] = [];
  for (const duel of duels) measurements.push(await fight(duel, peer, context));
  return measurements;
};
