// A tor instance as it is seen, and workers that it shall have, for tests.
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { sha256Hex } from '../../../base/json.ts';
import { instancePaths } from '../../../daemon/instance.ts';
import type { InstanceFacts } from '../../../facts/observed.ts';
import type { InstanceSeen, InstanceWish, PlacedWorker } from '../deploy-wish.ts';
import type { ServiceDir } from '../service-dirs.ts';

const publicKeyNumber = (number: number): Uint8Array => publicKeyOf(expandSeed(new Uint8Array(32).fill(number)));

export const addressNumber = (number: number): string => encodeOnionAddress(publicKeyNumber(number));
export const frontend = addressNumber(1);

export const data = '/var/lib/tor-instances/a';
export const socks = 'SocksPort 0\n';

/** @param number of its key; undefined: tor has not loaded it yet */
export const dirOf = (name: string, number?: number, change: Partial<ServiceDir> = {}): ServiceDir => ({
  name,
  isMade: true,
  hasKey: true,
  publicKey: number === undefined ? undefined : Buffer.from(publicKeyNumber(number)).toString('hex'),
  address: number === undefined ? undefined : addressNumber(number),
  obConfig: { mode: 0o600, text: `MasterOnionAddress ${frontend}\n` },
  ...change,
});

export const seenAs = (
  torrc: string,
  dirs: readonly ServiceDir[] = [],
  change: Partial<InstanceFacts> = {},
): InstanceSeen => {
  const { unit, torrcPath, dataDirectory, controlSocket } = instancePaths('a');
  const file = { path: torrcPath, text: torrc, sha256: sha256Hex(torrc), mode: 0o644, owner: 'root', group: 'root' };
  const instance = {
    name: 'a',
    unit,
    activeState: 'active',
    subState: 'running',
    unitFileState: 'enabled',
    needDaemonReload: false,
    mainPid: 100,
    restarts: 0,
    activeEnterMs: 0,
    activeEnterMonotonicUs: 0,
    environment: {},
    torrc: [file],
    dropIns: [],
    controlSocket,
    torrcPath,
    dataDirectory,
    ...change,
  } satisfies InstanceFacts;
  return { facts: { host: 'h1' } as InstanceSeen['facts'], instance, dirs };
};

export const workerAs = (name: string, change: Partial<PlacedWorker> = {}): PlacedWorker => ({
  name,
  onion: 'shop',
  place: { host: 'h1', instance: 'a', directory: `shop-${name}` },
  address: undefined,
  weight: 1,
  ports: ['80 127.0.0.1:8080'],
  publishes: true,
  masters: [frontend],
  ...change,
});

export const wishFor = (workers: readonly PlacedWorker[], change: Partial<InstanceWish> = {}): InstanceWish => ({
  id: 'h1/a',
  host: 'h1',
  instance: 'a',
  workers,
  neighbours: [],
  leavings: [],
  ...change,
});

/** The lines of a service in a torrc. */
export const serviceLines = (name: string, isInstance = true): string =>
  `HiddenServiceDir ${data}/${name}\nHiddenServicePort 80 127.0.0.1:8080\n${isInstance ? 'HiddenServiceOnionBalanceInstance 1\n' : ''}`;
