// Lets the balancer's own key follow workers on hosts, and takes that back: which services on which hosts, by the configuration,
// and the way in as root for this once.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BalanceError } from '../../../balance/balance-error.ts';
import { resolveOnions } from '../../../config/onions.ts';
import type { Config } from '../../../config/schema.ts';
import { endWatch, letWatch } from '../../../host/enrol/watch-host.ts';
import type { OnionTarget } from '../../../host/host.ts';
import type { SshDestination } from '../../../host/ssh/destination.ts';
import { ensureLoginKey, parsePublicKey } from '../../../host/ssh/login-key.ts';
import { SshTransport } from '../../../host/ssh/ssh-transport.ts';
import { refusal } from '../cli-error.ts';
import { type ConfigFile, loadConfig } from '../config-file.ts';
import type { CommandContext } from '../context.ts';
import { readHostWords } from '../host-words.ts';
import { currentHelper } from '../hosts.ts';
import { readHostNames } from '../named-hosts.ts';
import { type StatePaths, statePaths } from '../state-paths.ts';

/** The way in as root, as it stands on the command line. */
export interface ViaOptions {
  readonly via?: string | undefined;
  readonly identity?: string | undefined;
}

export interface WatchedService {
  /** `SERVICE/WORKER`. */
  readonly name: string;
  readonly service: Omit<OnionTarget, 'kind'>;
}

/** @returns the public half of the balancer's key; the pair is made where there is none */
export const ensureBalancerKey = async (state: StatePaths): Promise<string> => {
  mkdirSync(state.sshDirectory, { recursive: true, mode: 0o700 });
  return ensureLoginKey(state.balancerIdentity);
};

/** @throws BalanceError `balance-not-deployed` for a worker that has no address yet */
const servicesOn = (config: Config, host: string): WatchedService[] =>
  resolveOnions(config).flatMap((onion) =>
    onion.workers.flatMap(({ name, place, address }) => {
      if (place?.host !== host) return [];
      const subject = `${onion.name}/${name}`;
      if (address === undefined)
        throw new BalanceError({
          kind: 'config',
          code: 'balance-not-deployed',
          place: 'config',
          message: `the worker ${subject} on ${host} has no address yet`,
          subject,
          hint: `'tearless balance deploy ${onion.name}' makes it one`,
        });
      const { instance } = place;
      const port = onion.probePort === null ? {} : { port: onion.probePort };
      return [{ name: subject, service: { instance, onionAddress: address, ...port } }];
    }),
  );

interface Reached {
  readonly file: ConfigFile;
  readonly config: Config;
  readonly state: StatePaths;
  /** @throws CliError `host-is-local` */
  findWayIn(host: string): SshDestination;
  withRoot<T>(host: string, act: (wayIn: SshTransport) => Promise<T>): Promise<T>;
}

const reach = async (context: CommandContext, via: ViaOptions): Promise<Reached> => {
  const { file, config } = await loadConfig(context);
  const state = statePaths(context.surroundings);
  const findWayIn = (name: string): SshDestination => {
    const { wayIn } = readHostWords({ ...via, name, asRoot: false }, config, file.path, context.surroundings.cwd);
    const knownHostsFile = state.pinnedHostKey(name);
    return { ...wayIn, ...(existsSync(knownHostsFile) ? { knownHostsFile } : {}) };
  };
  const withRoot = async <T>(name: string, act: (wayIn: SshTransport) => Promise<T>): Promise<T> => {
    const transport = new SshTransport(name, findWayIn(name));
    try {
      return await act(transport);
    } finally {
      await transport.close();
    }
  };
  return { file, config, state, findWayIn, withRoot };
};

export interface WatchPlan {
  readonly hosts: readonly { readonly host: string; readonly services: readonly WatchedService[] }[];
  /** @returns what was changed there, for people. @throws HostError */
  enrol(host: string): Promise<string[]>;
}

/**
 * @param names all hosts that have workers when empty
 * @throws CliError `cli-usage`, `balance-no-workers`, `host-is-local`; BalanceError `balance-not-deployed`; HostError `ssh-public-key-bad`
 */
export const planWatch = async (
  context: CommandContext,
  names: readonly string[],
  options: ViaOptions & { readonly publicKey?: string | undefined },
): Promise<WatchPlan> => {
  const { file, config, state, findWayIn, withRoot } = await reach(context, options);
  const isLocal = (host: string): boolean => config.hosts[host]?.local === true;
  // A host without a way in stops the command before anything is changed.
  for (const host of names.length === 0 ? [] : readHostNames(config, names)) findWayIn(host);
  const hosts = readHostNames(config, names)
    .filter((host) => names.length > 0 || !isLocal(host))
    .map((host) => ({ host, services: servicesOn(config, host) }))
    .filter(({ host, services }) => {
      if (services.length > 0 || names.length === 0) return services.length > 0;
      throw noWorkers(`${file.path} declares no worker on ${host}`, host);
    });
  if (hosts.length === 0)
    throw noWorkers(`${file.path} declares no worker on a host that is reached over ssh`, file.path);
  const elsewhere = options.publicKey;
  const given =
    elsewhere === undefined
      ? undefined
      : parsePublicKey(readFileSync(resolve(context.surroundings.cwd, elsewhere), 'utf8'));
  const { signal } = context;
  const enrol = async (host: string): Promise<string[]> => {
    const services = servicesOn(config, host).map(({ service }) => service);
    const publicKey = given ?? (await ensureBalancerKey(state));
    const changed = await withRoot(host, (wayIn) =>
      letWatch({ wayIn, publicKey, helper: currentHelper(), services, signal }),
    );
    if (given === undefined) {
      mkdirSync(dirname(state.watchedHost(host)), { recursive: true, mode: 0o700 });
      writeFileSync(state.watchedHost(host), '', { mode: 0o600 });
    }
    return changed;
  };
  return { hosts, enrol };
};

export interface UnwatchPlan {
  readonly hosts: readonly string[];
  /** @returns what was changed there, for people. @throws HostError */
  remove(host: string): Promise<string[]>;
}

/** @throws CliError `cli-usage`, `host-is-local` */
export const planUnwatch = async (
  context: CommandContext,
  names: readonly string[],
  options: ViaOptions,
): Promise<UnwatchPlan> => {
  const { config, state, withRoot } = await reach(context, options);
  const { signal } = context;
  const remove = async (host: string): Promise<string[]> => {
    const changed = await withRoot(host, (wayIn) => endWatch({ wayIn, signal }));
    rmSync(state.watchedHost(host), { force: true });
    return changed;
  };
  return { hosts: readHostNames(config, names), remove };
};

const noWorkers = (message: string, subject: string) =>
  refusal({
    code: 'balance-no-workers',
    place: 'config',
    message,
    subject,
    hint: 'declare workers with a host under onions',
  });
