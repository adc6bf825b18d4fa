// What the configuration says of each balanced onion service, with defaults filled in. Paths stay as they are written; no key
// ever stands in the configuration.
import type { Config, OnionConfig } from './schema.ts';

export type OnionPolicy = NonNullable<OnionConfig['policy']>;

/** Where a worker's tor is, and which directory there is its own. */
export interface WorkerPlace {
  readonly host: string;
  readonly instance: string;
  /** Directly below the instance's data directory. */
  readonly directory: string;
}

export interface DesiredWorker {
  readonly name: string;
  /** Undefined for a worker that is known by its address alone. */
  readonly place: WorkerPlace | undefined;
  /** With `.onion`; undefined until its first deployment. */
  readonly address: string | undefined;
  readonly weight: number;
  /** As they stand behind `HiddenServicePort`. */
  readonly ports: readonly string[];
  /** False: its tor publishes no descriptor, and only the balancer knows where it is. */
  readonly publishes: boolean;
}

export interface DesiredOnion {
  readonly name: string;
  /** Files, relative to the configuration. */
  readonly key: string | undefined;
  readonly presigned: string | undefined;
  readonly clients: string | undefined;
  /** With `.onion`, where it is written down. */
  readonly address: string | undefined;
  readonly policy: OnionPolicy;
  readonly caa: readonly string[];
  readonly isCaaCritical: boolean;
  /** The virtual port that workers are probed at; null where none is known. */
  readonly probePort: number | null;
  /** What has to come from there. */
  readonly probe: NonNullable<OnionConfig['probe']>;
  readonly workers: readonly DesiredWorker[];
}

/** Of a host with a single tor. */
const defaultInstance = 'default';

/** A worker's directory where none is named. */
export const defaultDirectory = (onion: string, worker: string): string => `${onion}-${worker}`;

/** `80` leads to the same port of the worker's own machine, as tor has it. */
const toPort = (port: string | number): string => String(port).trim().replace(/\s+/g, ' ');

/** Null where no ports are declared, as all workers are set up by others. */
const virtualPort = (port: string | undefined): number | null =>
  port === undefined ? null : Number(port.split(' ')[0]);

const firstPort = ({ workers }: OnionConfig): string | undefined =>
  Object.values(workers)
    .flatMap((worker) => worker.ports ?? [])
    .map(toPort)[0];

export const placeOf = (
  onion: string,
  worker: string,
  { host, instance, directory }: OnionConfig['workers'][string],
) =>
  host === undefined
    ? undefined
    : { host, instance: instance ?? defaultInstance, directory: directory ?? defaultDirectory(onion, worker) };

/** In the order written. */
export const resolveOnions = (config: Config): DesiredOnion[] =>
  Object.entries(config.onions ?? {}).map(([name, onion]) => {
    const ports = (onion.ports ?? []).map(toPort);
    return {
      name,
      key: onion.key,
      presigned: onion.presigned,
      clients: onion.clients,
      address: onion.address,
      policy: onion.policy ?? 'distinct',
      caa: onion.caa ?? [],
      isCaaCritical: onion.caaCritical ?? false,
      probePort: onion.probePort ?? virtualPort(ports[0] ?? firstPort(onion)),
      probe: onion.probe ?? 'open',
      workers: Object.entries(onion.workers).map(([worker, declared]) => ({
        name: worker,
        place: placeOf(name, worker, declared),
        address: declared.address,
        weight: declared.weight ?? 1,
        ports: declared.ports?.map(toPort) ?? ports,
        publishes: declared.publishes ?? true,
      })),
    };
  });
