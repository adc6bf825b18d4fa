// Which files and directories on a host are Tearless's own. Kept by the host in owned.json; only what stands there is ever removed.
import { z } from 'zod';
import type { Host } from '../../host/host.ts';
import { ChangeError } from '../change-error.ts';

export const OwnedFile = z.object({ sha256: z.string(), run: z.string() });
export type OwnedFile = z.infer<typeof OwnedFile>;

export const OwnedDirectory = z.object({ run: z.string() });
export type OwnedDirectory = z.infer<typeof OwnedDirectory>;

const Owned = z.object({
  schema: z.literal('tearless.owned/v1'),
  files: z.record(z.string(), OwnedFile),
  directories: z.record(z.string(), OwnedDirectory),
});
export type Owned = z.infer<typeof Owned>;

const decoder = new TextDecoder();

/** @throws HostError, ChangeError `change-owned-unreadable` */
export const readOwned = async (host: Host): Promise<Owned> => {
  const text = decoder.decode((await host.call('owned-show')).stdout).trim();
  if (text === '') return { schema: 'tearless.owned/v1', files: {}, directories: {} };
  try {
    return Owned.parse(JSON.parse(text));
  } catch (error) {
    throw new ChangeError({
      kind: 'protocol',
      code: 'change-owned-unreadable',
      place: 'host',
      message: `${host.name}: the list of files that Tearless owns cannot be read`,
      hint: 'use the version of Tearless that wrote /var/lib/tearless/owned.json',
      subject: host.name,
      cause: error,
    });
  }
};

const turns = new WeakMap<Host, Promise<unknown>>();

/**
 * Runs `act` while no other of this process reads and writes the host's list; other processes are kept out by the
 * host's lock. What `act` does to files stands under the same turn, so that list and files go together.
 */
export const inTurn = <T>(host: Host, act: () => Promise<T>): Promise<T> => {
  const before = turns.get(host) ?? Promise.resolve();
  const turn = before.then(act, act);
  turns.set(
    host,
    turn.catch(() => undefined),
  );
  return turn;
};

const withEntry = <T>(record: Readonly<Record<string, T>>, key: string, value: T | null): Record<string, T> => {
  const { [key]: _, ...others } = record;
  return value === null ? others : { ...others, [key]: value };
};

export interface OwnedChange {
  readonly files?: Readonly<Record<string, OwnedFile | null>>;
  readonly directories?: Readonly<Record<string, OwnedDirectory | null>>;
}

/** The list with entries set, or taken out where null. */
export const changeOwned = (owned: Owned, change: OwnedChange): Owned => ({
  schema: owned.schema,
  files: Object.entries(change.files ?? {}).reduce((at, [path, file]) => withEntry(at, path, file), owned.files),
  directories: Object.entries(change.directories ?? {}).reduce(
    (at, [path, entry]) => withEntry(at, path, entry),
    owned.directories,
  ),
});

const sortKeys = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Writes the list if it changed. Call it in turn. */
export const writeOwned = async (host: Host, before: Owned, after: Owned): Promise<void> => {
  const render = (owned: Owned): string =>
    `${JSON.stringify({ ...owned, files: sortKeys(owned.files), directories: sortKeys(owned.directories) }, undefined, 2)}\n`;
  if (render(before) !== render(after)) await host.call('owned-put', { input: render(after) });
};
