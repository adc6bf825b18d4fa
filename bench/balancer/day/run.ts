// The balancer under measurement: the real loop and the real control connection, on a clock that does not wait. Prints what it
// took. `node run.ts WORLD`; the first hour, in which all is learnt and published for the first time, is not in the figures of
// processor time.
import { randomBytes } from 'node:crypto';
import { Controller } from '@tearless/tor/control/controller.ts';
import { makeIdentity } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { expandSeed } from '@tearless/tor/onion/secret-key.ts';
import type { FrontendConfig } from 'tearless/balance/model/frontend-config.ts';
import { renderExposition } from 'tearless/balance/observe/exposition.ts';
import { listMetrics } from 'tearless/balance/observe/metrics.ts';
import { Observation } from 'tearless/balance/observe/observation.ts';
import { keysFromIdentity } from 'tearless/balance/publish/period-keys.ts';
import { runBalancer } from 'tearless/balance/run/balancer.ts';
import { spareMemory } from 'tearless/cli/core/balance/spare-memory.ts';
import { randomFromSeed } from 'tearless/stats/random/random.ts';
import { openStore } from 'tearless/store/store.ts';
import { Link } from './link.ts';
import { SimClock } from './sim-clock.ts';
import { playHelper } from './workers.ts';
import { frontendName, type World } from './world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Begins in the evening: the shared-random value changes in the first hour that is measured, and with it half of all rings. */
const startMs = Date.UTC(2026, 5, 10, 22, 30);
const warmUpMs = hourMs;
const measuredHours = 2;
const scrapeMs = 30_000;
/** Turns of the event loop in which whatever was woken comes to where it waits next. */
const settleTurns = 4;

export interface DayResult {
  /** Of each measured hour. */
  readonly cpuSeconds: readonly number[];
  /** By the kernel's account, of the whole time. */
  readonly peakRssBytes: number;
  /** From the start, with nothing remembered, until descriptors of all frontends are where clients look. */
  readonly allServedSeconds: number;
  readonly published: number;
  readonly uploads: { verified: number; uploaded: number; failed: number };
  readonly heard: number;
  readonly pointsInPlay: number;
  readonly metricsBytes: number;
}

const { storePath, ...world }: World & { storePath: string } = JSON.parse(process.argv[2] ?? '{}');
const clock = new SimClock(startMs);
spareMemory();
// As hours pass in minutes, real timers would outlive what they are for by far.
AbortSignal.timeout = (ms) => {
  const ending = new AbortController();
  void clock.sleep(ms).then(() => ending.abort(new DOMException('it took too long', 'TimeoutError')));
  return ending.signal;
};
const random = randomFromSeed('a day');
const link = new Link(world, clock);
const addresses: string[] = JSON.parse(await link.ask({ ask: 'addresses' }));
const random32 = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));

const frontends = Array.from({ length: world.frontends }, (_, frontend): FrontendConfig => {
  const { address, publicKey, seed } = makeIdentity(frontendName(frontend));
  const workers = addresses.slice(frontend * (world.workers + 1) + 1, (frontend + 1) * (world.workers + 1));
  return {
    keys: keysFromIdentity({ address, publicKey, secret: expandSeed(seed) }, random32),
    workers: workers.map((onionAddress, index) => ({
      id: `w${index}`,
      onionAddress,
      weight: 1,
      port: 80,
      ...(index % 2 === 0 ? { helper: playHelper(onionAddress, { link, clock, random }, minuteMs) } : {}),
    })),
    policy: 'distinct',
    clients: [],
    caa: [],
    isCaaCritical: false,
  };
});

const observation = new Observation();
let heard = 0;
const served = new Set<string>();
let allServedMs = Number.NaN;
let metricsBytes = 0;
const stop = new AbortController();
const store = await openStore(storePath);
const balancer = runBalancer({
  frontends,
  store,
  clock,
  random,
  randomBytes: random32,
  connect: () => Controller.open(link.control),
  emit: (event) => {
    if (event.kind === 'worker.heard') heard += 1;
    if (event.kind === 'round.published' && event.isFetched) served.add(event.frontend);
    if (served.size === world.frontends && Number.isNaN(allServedMs)) allServedMs = clock.now();
    observation.take(event, clock.now());
  },
  signal: stop.signal,
});
balancer.catch(() => stop.abort());

const every = async (ms: number, act: () => Promise<void> | void): Promise<void> => {
  for (;;) {
    await clock.sleep(ms, stop.signal);
    await act();
  }
};
const beside = [
  every(scrapeMs, () => {
    metricsBytes = renderExposition(listMetrics(observation, clock.now())).length;
  }),
  every(hourMs, async () => {
    link.control.push(Buffer.from(await link.ask({ ask: 'new-consensus' }), 'latin1'));
  }),
];
for (const one of beside) one.catch(() => {}); // they end when it is stopped

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < settleTurns; turn += 1) {
    await new Promise(setImmediate);
    if (link.isIdle) continue;
    await link.idle();
    turn = -1;
  }
};

const readPeakRssBytes = (): number => process.resourceUsage().maxRSS * 1024;

const passUntil = async (endMs: number): Promise<void> => {
  do {
    await settle();
    if (stop.signal.aborted) await balancer;
  } while (clock.advance(endMs));
};

await passUntil(startMs + warmUpMs);
const cpuSeconds: number[] = [];
for (let hour = 0; hour < measuredHours; hour += 1) {
  const before = process.cpuUsage();
  await passUntil(startMs + warmUpMs + (hour + 1) * hourMs);
  const { user, system } = process.cpuUsage(before);
  cpuSeconds.push((user + system) / 1e6);
  process.stderr.write(
    `hour ${hour + 1}: ${((user + system) / 1e6).toFixed(1)} s, peak ${(readPeakRssBytes() / 1e6).toFixed(0)} MB\n`,
  );
}
const all = [...observation.frontends.values()];
const sum = (value: (frontend: (typeof all)[number]) => number): number =>
  all.reduce((total, one) => total + value(one), 0);
const result: DayResult = {
  cpuSeconds,
  peakRssBytes: readPeakRssBytes(),
  allServedSeconds: (allServedMs - startMs) / 1000,
  published: sum(({ roundsPublished }) => roundsPublished),
  uploads: {
    verified: sum(({ uploads }) => uploads.verified),
    uploaded: sum(({ uploads }) => uploads.uploaded),
    failed: sum(({ uploads }) => uploads.failed),
  },
  heard,
  pointsInPlay: sum(({ rounds }) => [...rounds.values()].find(({ isFetched }) => isFetched)?.points ?? 0),
  metricsBytes,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
// What waits for the clock would wait for ever: there is no ending in good order.
link.kill();
process.exit(0);
