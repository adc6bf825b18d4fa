// What a deployment is made from: the workers that a tor instance shall have, beside what was seen of it.
import type { DesiredOnion, DesiredWorker, WorkerPlace } from '../../config/onions.ts';
import type { HostFacts, InstanceFacts } from '../../facts/observed.ts';
import type { ServiceDir } from './service-dirs.ts';

/** A worker whose tor Tearless sets up. */
export interface PlacedWorker extends DesiredWorker {
  /** The onion service it is of. */
  readonly onion: string;
  readonly place: WorkerPlace;
  /** Addresses that it answers for, with `.onion`: the frontend's, and a private one that it is probed by. */
  readonly masters: readonly string[];
}

/** A tor instance and its workers. */
export interface InstanceWish {
  /** `host/instance`. */
  readonly id: string;
  readonly host: string;
  readonly instance: string;
  readonly workers: readonly PlacedWorker[];
  /** Directories of workers there that are declared, but not asked for now. */
  readonly neighbours: readonly string[];
  /** Directories that Tearless made for workers which are declared no longer. */
  readonly leavings: readonly string[];
}

export interface InstanceSeen {
  readonly facts: HostFacts;
  readonly instance: InstanceFacts;
  readonly dirs: readonly ServiceDir[];
}

/** An onion service with what its workers shall answer for. */
export interface FrontendWish {
  readonly onion: DesiredOnion;
  /** With `.onion`. */
  readonly address: string;
  /** Private addresses by worker, for those that publish nothing. */
  readonly probeAddresses: ReadonlyMap<string, string>;
}

/**
 * In the order in which instances are first named.
 * @param declared every onion service of the configuration
 */
export const groupByInstance = (
  frontends: readonly FrontendWish[],
  declared: readonly DesiredOnion[],
): InstanceWish[] => {
  const named = new Set(frontends.map(({ onion }) => onion.name));
  const unnamed = declared.filter(({ name }) => !named.has(name)).flatMap(({ workers }) => workers);
  const neighboursOf = (id: string): string[] =>
    unnamed.flatMap(({ place }) =>
      place !== undefined && `${place.host}/${place.instance}` === id ? [place.directory] : [],
    );
  const wishes = new Map<string, { host: string; instance: string; workers: PlacedWorker[] }>();
  for (const { onion, address, probeAddresses } of frontends)
    for (const worker of onion.workers) {
      const { place } = worker;
      if (place === undefined) continue;
      const id = `${place.host}/${place.instance}`;
      const wish = wishes.get(id) ?? { host: place.host, instance: place.instance, workers: [] };
      wishes.set(id, wish);
      const probe = probeAddresses.get(worker.name);
      const masters = [address, ...(probe === undefined ? [] : [probe])];
      wish.workers.push({ ...worker, place, onion: onion.name, masters });
    }
  return [...wishes].map(([id, wish]) => ({ id, ...wish, neighbours: neighboursOf(id), leavings: [] }));
};

/** What an instance has of these frontends that is declared no longer. */
const findLeavings = (
  id: string,
  dirs: readonly ServiceDir[],
  frontends: readonly FrontendWish[],
  declared: readonly DesiredOnion[],
): string[] => {
  const places = new Set(
    declared.flatMap(({ workers }) =>
      workers.flatMap(({ place }) =>
        place === undefined ? [] : [`${place.host}/${place.instance}/${place.directory}`],
      ),
    ),
  );
  const answersForOne = ({ obConfig }: ServiceDir): boolean =>
    frontends.some(({ address }) => obConfig?.text?.includes(address) === true);
  return dirs
    .filter((dir) => dir.isMade && dir.hasKey && answersForOne(dir) && !places.has(`${id}/${dir.name}`))
    .map(({ name }) => name);
};

/**
 * The wishes, with what is left over on the instances that were looked at.
 * @param dirs by `host/instance`
 */
export const addLeavings = (
  wishes: readonly InstanceWish[],
  dirs: ReadonlyMap<string, readonly ServiceDir[]>,
  frontends: readonly FrontendWish[],
  declared: readonly DesiredOnion[],
): InstanceWish[] => {
  const known = new Set(wishes.map(({ id }) => id));
  const leavingsOf = (id: string): string[] => findLeavings(id, dirs.get(id) ?? [], frontends, declared);
  const others = [...dirs.keys()].flatMap((id): InstanceWish[] => {
    const leavings = known.has(id) ? [] : leavingsOf(id);
    const [host = '', instance = ''] = id.split('/');
    return leavings.length === 0 ? [] : [{ id, host, instance, workers: [], neighbours: [], leavings }];
  });
  return [...wishes.map((wish) => ({ ...wish, leavings: leavingsOf(wish.id) })), ...others];
};
