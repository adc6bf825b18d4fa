// Small runs to be killed: what stands before, what is planned, and how a process works on them. All state lies in one
// directory, so that a copy of it is a copy of the world.
import { join } from 'node:path';
import { systemClock } from 'tearless/base/clock.ts';
import { sha256Hex } from 'tearless/base/json.ts';
import type { EngineSetup } from 'tearless/change/engine.ts';
import type { Plan } from 'tearless/change/plan.ts';
import {
  directoryFleet,
  dropInOf,
  extraStep,
  type HostFaults,
  lookAtHost,
  plannedText,
  planOf,
  relayItem,
  startRelays,
  testRegistry,
  unitOf,
} from 'tearless/change/testing/fleet.ts';
import { readOwnHolder } from 'tearless/store/holder.ts';
import { openStore, type Store } from 'tearless/store/store.ts';

export const run = 'killed';

export type ScenarioName = 'apply' | 'fail' | 'undo' | 'shared-host';

export interface Scenario {
  /** What the victim does: applies the plan, or undoes the run that was applied before. */
  readonly victim: 'apply' | 'undo';
  readonly relays: readonly { readonly host: string; readonly relay: string }[];
  readonly plan: Plan;
}

const formerText = '[Service]\nNice=5\n';

const relays = [
  { host: 'h1', relay: 'a' },
  { host: 'h2', relay: 'b' },
];

/** The second relay has a drop-in of its own before, and besides gets an unowned file removed and a package. */
const itemsFor = (second: { readonly host: string; readonly relay: string; readonly text?: string }) => {
  const [first] = relays;
  if (first === undefined) throw new Error('no relays');
  const item = relayItem({ ...second, expects: sha256Hex(formerText) });
  const adopted = { path: `${dropInOf(second.relay)}.old`, expects: sha256Hex('old\n'), adopted: true };
  return [
    relayItem(first),
    {
      ...item,
      steps: [
        extraStep('package', 'package.install', { name: 'libmimalloc2.0', version: '2.1.2', hold: true }, '+'),
        extraStep('old-file', 'file.remove', adopted, '-'),
        ...item.steps,
      ],
    },
  ];
};

const oneByOne = { batches: [['h1/a'], ['h2/b']] };

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  apply: { victim: 'apply', relays, plan: planOf(itemsFor({ host: 'h2', relay: 'b' }), oneByOne) },
  fail: {
    victim: 'apply',
    relays,
    plan: planOf(itemsFor({ host: 'h2', relay: 'b', text: '[Service]\nFAIL=1\n' }), oneByOne),
  },
  undo: { victim: 'undo', relays, plan: planOf(itemsFor({ host: 'h2', relay: 'b' }), oneByOne) },
  'shared-host': {
    victim: 'apply',
    relays: [
      { host: 'h1', relay: 'a' },
      { host: 'h1', relay: 'b' },
    ],
    plan: planOf(itemsFor({ host: 'h1', relay: 'b' })),
  },
};

/** Requests that change nothing: a kill around one leaves what the point before it left. */
const reads = ['stat', 'read', 'list', 'units', 'lock-show', 'journal-read', 'owned-show', 'package-show'];

export const storePath = (directory: string): string => join(directory, 'state', 'state.db');

export const engineSetup = (directory: string, store: Store, onPoint?: (name: string) => void): EngineSetup => {
  const faults = (host: string): HostFaults =>
    onPoint === undefined
      ? {}
      : {
          onRequest: (moment, request) => {
            if (moment === 'after' && !reads.includes(request)) onPoint(`${host} after ${request}`);
          },
        };
  return {
    hosts: directoryFleet(join(directory, 'hosts'), faults),
    store,
    registry: testRegistry(),
    clock: systemClock,
    holder: readOwnHolder(),
    ...(onPoint === undefined
      ? {}
      : { onPoint: (name, place) => onPoint(`${name} ${place.item ?? ''} ${place.step ?? ''}`.trimEnd()) }),
  };
};

/** The world before: relays run, the second with a drop-in of its own, an old file beside it, a package at another version. */
export const prepareWorld = async (directory: string, scenario: Scenario): Promise<void> => {
  const hosts = directoryFleet(join(directory, 'hosts'));
  const [, second] = scenario.relays;
  if (second === undefined) throw new Error('no second relay');
  const attributes = { mode: 0o640, owner: 'admin', group: 'adm' };
  const host = hosts(second.host);
  await host.write(dropInOf(second.relay), formerText, attributes);
  await host.write(`${dropInOf(second.relay)}.old`, 'old\n', attributes);
  await host.call('package-install', { args: ['libmimalloc2.0', '2.0.9'] });
  await startRelays(hosts, scenario.relays);
  await (await openStore(storePath(directory))).close();
};

/** What an outsider sees of each relay's part of the world: `former`, `planned` or the difference itself. */
export const lookAtWorld = (directory: string, scenario: Scenario): Record<string, Record<string, string>> =>
  Object.fromEntries(
    [...new Set(scenario.relays.map(({ host }) => host))].map((host) => [
      host,
      lookAtHost(join(directory, 'hosts'), host),
    ]),
  );

export { dropInOf, plannedText, unitOf };
