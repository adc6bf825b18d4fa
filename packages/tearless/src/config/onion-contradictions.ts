// What well-formed balanced onion services can still get wrong: keys that are missing, workers that stand twice or nowhere.
import { didYouMean } from '../base/did-you-mean.ts';
import { placeOf } from './onions.ts';
import type { Config, OnionConfig } from './schema.ts';

type Report = (code: string, keys: readonly PropertyKey[], message: string, suggestion?: string) => void;
type WorkerText = OnionConfig['workers'][string];

/** What only a worker can have whose tor Tearless sets up. */
const ofPlaces = ['instance', 'directory', 'ports', 'publishes'] as const satisfies readonly (keyof WorkerText)[];

const checkWorker = (
  worker: WorkerText,
  hosts: readonly string[],
  report: (code: string, key: readonly string[], message: string, suggestion?: string) => void,
): void => {
  const { host, address } = worker;
  if (host === undefined && address === undefined)
    report('config-onion-worker-nowhere', [], 'a worker has a host, or an address where it is set up by others');
  if (host !== undefined && !hosts.includes(host))
    report('config-unknown-host', ['host'], `host '${host}' is not declared`, didYouMean(host, hosts));
  if (host !== undefined) return;
  for (const key of ofPlaces)
    if (worker[key] !== undefined)
      report('config-onion-worker-foreign', [key], `${key} is for workers with a host: this one is set up by others`);
};

/** Reports whatever stands twice; `first` are the keys where it stood before. */
const createOnce = (report: Report) => {
  const seen = new Map<string, readonly PropertyKey[]>();
  return (kind: string, value: string | undefined, keys: readonly PropertyKey[], message: string): void => {
    if (value === undefined) return;
    const before = seen.get(`${kind} ${value}`);
    if (before !== undefined)
      report('config-onion-twice', keys, `${message}: onions.${before.slice(1).map(String).join('.')} has it already`);
    else seen.set(`${kind} ${value}`, keys);
  };
};

export const findOnionContradictions = (config: Config, report: Report): void => {
  const once = createOnce(report);
  const publishing = new Map<string, boolean>();
  for (const [name, onion] of Object.entries(config.onions ?? {})) {
    const keys = ['onions', name];
    if (onion.key === undefined && onion.presigned === undefined && onion.address === undefined)
      report(
        'config-onion-no-key',
        keys,
        `onion service '${name}' has no key`,
        'key: FILE names the file that its key lies in; presigned: FILE one of keys made ahead; address: ….onion where this machine needs neither',
      );
    once('address', onion.address, [...keys, 'address'], `the address ${onion.address} stands twice`);
    if (Object.keys(onion.workers).length === 0)
      report('config-onion-no-workers', [...keys, 'workers'], `onion service '${name}' has no workers`);
    for (const [workerName, worker] of Object.entries(onion.workers)) {
      const at = [...keys, 'workers', workerName];
      checkWorker(worker, Object.keys(config.hosts), (code, key, message, suggestion) =>
        report(code, [...at, ...key], message, suggestion),
      );
      once('address', worker.address, [...at, 'address'], `the address ${worker.address} stands twice`);
      const place = placeOf(name, workerName, worker);
      if (place === undefined) continue;
      if (onion.ports === undefined && worker.ports === undefined)
        report(
          'config-onion-no-ports',
          at,
          `nothing says which ports the worker '${workerName}' has`,
          `ports: ["80 127.0.0.1:8080"] at '${name}', or at the worker`,
        );
      const instance = `${place.host}/${place.instance}`;
      once('directory', `${instance} ${place.directory}`, at, `${instance} has the directory ${place.directory} twice`);
      const publishes = worker.publishes ?? true;
      if ((publishing.get(instance) ?? publishes) !== publishes)
        report(
          'config-onion-publishes',
          [...at, 'publishes'],
          `the workers of ${instance} do not agree on publishes: it holds for a whole tor`,
          'give them tors of their own',
        );
      publishing.set(instance, publishes);
    }
  }
};
