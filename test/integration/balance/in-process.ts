// The balancer inside the test's process, for what a configuration of Onionbalance cannot say: weights, helpers, probers.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Controller } from '@tearless/tor/control/controller.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import type { FrontendConfig, WorkerConfig } from '../../../packages/tearless/src/balance/model/frontend-config.ts';
import type { FrontendKeys } from '../../../packages/tearless/src/balance/model/frontend-keys.ts';
import { keysFromIdentity } from '../../../packages/tearless/src/balance/publish/period-keys.ts';
import { type BalancerOptions, runBalancer } from '../../../packages/tearless/src/balance/run/balancer.ts';
import { RoundDocument, readDocument } from '../../../packages/tearless/src/balance/run/documents.ts';
import type { BalanceEvent } from '../../../packages/tearless/src/balance/run/event.ts';
import { systemClock } from '../../../packages/tearless/src/base/clock.ts';
import { LocalTransport } from '../../../packages/tearless/src/host/local/local-transport.ts';
import { randomFromSeed } from '../../../packages/tearless/src/stats/random/random.ts';
import { readBalanceRounds } from '../../../packages/tearless/src/store/balance.ts';
import { openStore } from '../../../packages/tearless/src/store/store.ts';
import { EventWatch } from './event-watch.ts';
import type { OnionLab } from './onion-lab.ts';

const someBytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export const frontendKeys = ({ frontend }: OnionLab): FrontendKeys => {
  const secret = expandSeed(frontend.seed);
  return keysFromIdentity({ address: frontend.address, publicKey: publicKeyOf(secret), secret }, someBytes);
};

/** A frontend that is open to all. */
export const declareFrontend = (lab: OnionLab, workers: readonly WorkerConfig[]): FrontendConfig => ({
  keys: frontendKeys(lab),
  workers,
  policy: 'distinct',
  clients: [],
  caa: [],
  isCaaCritical: false,
});

export interface InProcessBalancer {
  readonly watch: EventWatch<BalanceEvent>;
  /** What its store has of the rounds, by period. */
  readRounds(): Promise<RoundDocument[]>;
  stop(): Promise<void>;
}

/** @param database path of its store */
export const runInProcess = async (
  lab: OnionLab,
  database: string,
  options: Pick<BalancerOptions, 'frontends'> & Partial<BalancerOptions>,
): Promise<InProcessBalancer> => {
  const watch = new EventWatch<BalanceEvent>();
  const store = await openStore(database);
  const stopping = new AbortController();
  const transport = new LocalTransport('this machine');
  const running = runBalancer({
    store,
    clock: systemClock,
    random: randomFromSeed('balancer'),
    randomBytes: someBytes,
    emit: (event) => watch.tell(event),
    connect: async (signal) =>
      Controller.open(await transport.openUnix(lab.balancer.plan.controlSocket, signal), {
        auth: { readCookie: (path) => readFile(path) },
        signal,
      }),
    signal: stopping.signal,
    ...options,
  }).finally(() => watch.end());
  running.catch(() => {}); // `stop` tells
  const { address } = frontendKeys(lab);
  return {
    watch,
    async readRounds() {
      const rounds = await readBalanceRounds(options.store ?? store, address);
      return rounds.map(({ json, period }) => readDocument(RoundDocument, json, `period ${period}`));
    },
    async stop() {
      stopping.abort();
      await running.finally(() => store.close());
    },
  };
};
