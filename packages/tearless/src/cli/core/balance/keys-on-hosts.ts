// Which hosts hold which keys of balanced services, as their helpers tell: those of declared workers, every copy of one, and what
// is left of workers that are declared no longer. No helper gives a private key away: keys are known by their public halves.
import { readServiceDirs, type ServiceDir } from '../../../balance/deploy/service-dirs.ts';
import { isDescribedError } from '../../../base/error.ts';
import { runPool } from '../../../change/pool.ts';
import type { FleetObservation } from '../../../relays/fleet-observation.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { observeFleet } from '../observe.ts';
import type { DeclaredService } from './find-service.ts';
import type { KeyPlace } from './key-place.ts';

/** A directory with a key, where it lies. */
export interface KeyOnHost {
  readonly host: string;
  readonly instance: string;
  readonly dir: ServiceDir;
}

export interface KeysSeen {
  readonly keys: readonly KeyOnHost[];
  /** By host: why it could not tell. */
  readonly unreachable: FleetObservation['unreachable'];
}

/** Asks every declared host for the directories of all its tors. @throws what is no fault of a host */
export const lookForKeys = async (fleet: ReadFleet, context: CommandContext): Promise<KeysSeen> => {
  const observation = await observeFleet(fleet, Object.keys(fleet.config.hosts), context);
  const unreachable = new Map(observation.unreachable);
  const instances = [...observation.hosts].flatMap(([host, facts]) =>
    facts.instances.map(({ name }) => ({ host, instance: name })),
  );
  const found = new Map<string, readonly KeyOnHost[]>();
  const { signal } = context;
  await runPool(
    instances,
    { itemsAtOnce: 32, itemsPerHost: 2 },
    ({ host }) => host,
    async ({ host, instance }) => {
      try {
        const dirs = await readServiceDirs({ host: fleet.hosts.get(host), signal }, instance);
        const keys = dirs.filter(({ hasKey }) => hasKey).map((dir) => ({ host, instance, dir }));
        found.set(`${host}/${instance}`, keys);
      } catch (error) {
        if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
        unreachable.set(host, error);
      }
    },
  );
  const keys = instances.flatMap(({ host, instance }) => found.get(`${host}/${instance}`) ?? []);
  return { keys, unreachable };
};

type Worker = DeclaredService['workers'][number];

const nameOf = ({ host, instance, dir }: KeyOnHost): string => `${host}: ${instance}/${dir.name}`;

const placeOf = ({ place, address, name }: Worker): string =>
  place === undefined ? `with ${address ?? name}` : `${place.host}: ${place.instance}/${place.directory}`;

/** Its own place, and what is to be said of it. @param seen undefined: nobody was asked */
const describeOwn = (service: string, worker: Worker, seen: KeysSeen | undefined): KeyPlace => {
  const { name, place, address } = worker;
  const where = placeOf(worker);
  const own = seen?.keys.find((key) => nameOf(key) === where);
  const silent = place === undefined ? undefined : seen?.unreachable.get(place.host);
  const problems: string[] = [];
  if (silent !== undefined && place !== undefined && own === undefined) problems.push(`${place.host} could not tell`);
  else if (seen !== undefined && place !== undefined && own === undefined)
    problems.push(
      address === undefined ? `it is not made yet: 'tearless balance deploy ${service}' makes it` : 'it is not there',
    );
  else if (own?.dir.address !== undefined && address !== undefined && own.dir.address !== address)
    problems.push(`it is the key of ${own.dir.address}, not of ${address} as declared`);
  return {
    kind: 'worker',
    service,
    what: `the key of ${name}'s own address`,
    where,
    mode: null,
    untilMs: null,
    problems,
  };
};

/** What the directory's key is to a service, besides a declared place; undefined: nothing. */
const describeOther = (
  service: DeclaredService,
  key: KeyOnHost,
): Pick<KeyPlace, 'kind' | 'what' | 'problems'> | undefined => {
  const { dir } = key;
  const { address } = dir;
  if (address !== undefined && address === service.address)
    return {
      kind: 'identity',
      what: 'the key of the address',
      problems: ['it lies with a tor: whoever has that host is the service'],
    };
  const worker = service.workers.find((one) => one.address !== undefined && one.address === address);
  if (worker !== undefined)
    return {
      kind: 'copy',
      what: `a copy of the key of ${worker.name}'s own address`,
      problems: ['two tors with one key take the visitors of each other: keep one of them'],
    };
  const kept = service.workers.find(
    ({ place }) =>
      place?.host === key.host && place.instance === key.instance && dir.name.startsWith(`${place.directory}.kept-`),
  );
  if (kept !== undefined)
    return { kind: 'left', what: `a key of ${kept.name} that an undone deployment kept`, problems: [] };
  const isItsWorker = service.address !== undefined && dir.obConfig?.text?.includes(service.address) === true;
  return isItsWorker
    ? { kind: 'left', what: 'the key of a worker that is declared no longer', problems: [] }
    : undefined;
};

/**
 * The keys of a service's workers, and what else hosts hold of it.
 *
 * @param seen undefined where no host was asked
 */
export const listWorkerKeys = (service: DeclaredService, seen: KeysSeen | undefined): KeyPlace[] => {
  const own = service.workers.map((worker) => describeOwn(service.name, worker, seen));
  const declared = new Set(own.map(({ where }) => where));
  const others = (seen?.keys ?? []).flatMap((key): KeyPlace[] => {
    const where = nameOf(key);
    if (declared.has(where)) return [];
    const other = describeOther(service, key);
    return other === undefined ? [] : [{ ...other, service: service.name, where, mode: null, untilMs: null }];
  });
  return [...own, ...others];
};
