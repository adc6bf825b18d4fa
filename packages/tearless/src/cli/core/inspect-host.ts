// Looks at one host from the outside in: the way there, who we are, the helper, its facts. Stops at the first thing that
// is in the way, and keeps it.
import { type DescribedError, isDescribedError } from '../../base/error.ts';
import { runPool } from '../../change/pool.ts';
import type { HostConfig } from '../../config/schema.ts';
import { readFacts } from '../../facts/collect.ts';
import type { HostFacts } from '../../facts/observed.ts';
import type { Host } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import type { CommandContext } from './context.ts';
import type { ReadFleet } from './fleet.ts';

export interface HostInspection {
  readonly name: string;
  readonly config: HostConfig;
  readonly login?: { readonly user: string; readonly uid: number };
  /** The host's clock minus ours, and how far that may be off. */
  readonly clock?: { readonly aheadMs: number; readonly uncertaintyMs: number };
  /** Version of the helper that answered or refused; a login as root carries ours along. */
  readonly helper?: { readonly version: string; readonly isCurrent: boolean; readonly isCarried: boolean };
  readonly facts?: HostFacts;
  /** What was in the way of the rest. */
  readonly error?: DescribedError;
}

const decoder = new TextDecoder();

const askLogin = 'id -u && id -un && date +%s%3N';

const readLogin = async (host: Host, { surroundings: { clock }, signal }: CommandContext) => {
  const ask = async () => {
    const startedMs = clock.now();
    const { stdout, exitCode, stderr } = await host.run(askLogin, { signal });
    const endedMs = clock.now();
    const [, uid, user, ms] = /^(\d+)\n(\S+)\n(\d{10,})\n$/.exec(decoder.decode(stdout)) ?? [];
    if (uid === undefined || user === undefined || ms === undefined)
      throw new HostError({
        kind: 'protocol',
        code: 'ssh-login-noisy',
        message: `${host.name}: its shell does not answer plainly (exit status ${exitCode}): ${stderr.trim().split('\n').at(-1) ?? ''}`,
        hint: 'let the start-up files of the login be silent when there is no terminal',
        subject: host.name,
      });
    const uncertaintyMs = (endedMs - startedMs) / 2;
    return {
      login: { user, uid: Number(uid) },
      clock: { aheadMs: Number(ms) - (startedMs + uncertaintyMs), uncertaintyMs },
    };
  };
  await ask(); // connects: its time says nothing about the clock
  return ask();
};

const readHelper = async (host: Host, isCarried: boolean, signal: AbortSignal) => {
  const { stdout } = await host.call('hello', { signal });
  const version = /^version=(\S+)$/m.exec(decoder.decode(stdout))?.[1] ?? '';
  return { version, isCurrent: true, isCarried };
};

/** An outdated helper says which it is before it refuses. */
const outdatedHelper = (error: DescribedError): HostInspection['helper'] => {
  if (!(error instanceof HostError) || error.code !== 'host-helper-outdated') return undefined;
  return { version: decoder.decode(error.stdout).trim(), isCurrent: false, isCarried: false };
};

export const inspectHost = async (
  host: Host,
  config: HostConfig,
  libraries: readonly string[],
  context: CommandContext,
): Promise<HostInspection> => {
  const { signal } = context;
  let seen: HostInspection = { name: host.name, config };
  try {
    seen = { ...seen, ...(await readLogin(host, context)) };
    seen = { ...seen, helper: await readHelper(host, seen.login?.uid === 0, signal) };
    return { ...seen, facts: await readFacts(host, { libraries, signal }) };
  } catch (error) {
    if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
    const helper = outdatedHelper(error);
    return { ...seen, error, ...(helper === undefined ? {} : { helper }) };
  }
};

/** Side by side; in the order of `names`. */
export const inspectHosts = async (
  fleet: Pick<ReadFleet, 'config' | 'hosts'>,
  names: readonly string[],
  context: CommandContext,
): Promise<HostInspection[]> => {
  const libraries = Object.values(fleet.config.allocators ?? {}).map(({ library }) => library);
  const found = new Map<string, HostInspection>();
  const hostItself = (name: string): string => name;
  await runPool(names, { itemsAtOnce: 32, itemsPerHost: 1 }, hostItself, async (name) => {
    found.set(name, await inspectHost(fleet.hosts.get(name), fleet.config.hosts[name] ?? {}, libraries, context));
  });
  return names.flatMap((name) => found.get(name) ?? []);
};
