// A directory with a store and pretended hosts, for one test: what the engine is given, and what an outsider sees.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOwnHolder } from '../../store/holder.ts';
import { openStore, type Store } from '../../store/store.ts';
import type { EngineSetup } from '../engine.ts';
import type { RunEvent } from '../event.ts';
import type { DirectoryHost } from './directory-host.ts';
import { createFakeClock } from './fake-clock.ts';
import { directoryFleet, type HostFaults, lookAtHost, type RelayChange, startRelays, testRegistry } from './fleet.ts';

export interface TestWorld extends AsyncDisposable {
  readonly directory: string;
  readonly store: Store;
  readonly events: RunEvent[];
  /** Hosts without faults, for preparing and looking. */
  readonly hosts: (name: string) => DirectoryHost;
  /** A fresh process's setup over the same world. */
  setup(changes?: Partial<EngineSetup>, faults?: (host: string) => HostFaults): EngineSetup;
  /** What an outsider sees: host → path → content. */
  look(): Record<string, Record<string, string>>;
  /** Journal lines on a host of a run. */
  hostLines(host: string, run: string): Promise<string[]>;
}

/** Starts `relays` as they are before any change. */
export const openTestWorld = async (relays: readonly RelayChange[]): Promise<TestWorld> => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-change-'));
  const store = await openStore(join(directory, 'state', 'state.db'));
  const machines = join(directory, 'hosts');
  const hosts = directoryFleet(machines);
  const names = [...new Set(relays.map(({ host }) => host))];
  await startRelays(hosts, relays);
  const events: RunEvent[] = [];
  return {
    directory,
    store,
    events,
    hosts,
    setup: (changes = {}, faults) => ({
      hosts: directoryFleet(machines, faults),
      store,
      registry: testRegistry(),
      clock: createFakeClock(),
      holder: readOwnHolder(),
      onEvent: (event) => events.push(event),
      ...changes,
    }),
    look: () => Object.fromEntries(names.map((host) => [host, lookAtHost(machines, host)])),
    hostLines: async (host, run) => {
      const { stdout } = await hosts(host).call('journal-read', { args: [run] });
      return new TextDecoder()
        .decode(stdout)
        .split('\n')
        .filter((line) => line !== '');
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

export const twoRelays: readonly RelayChange[] = [
  { host: 'h1', relay: 'a' },
  { host: 'h2', relay: 'b' },
];
