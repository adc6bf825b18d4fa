// A pretended fleet: hosts that are directories, relays with a drop-in each, plans that change them, and a reader that
// looks at everything and knows nothing of the engine.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../base/json.ts';
import { sealPlan } from '../digest.ts';
import type { ChangeItem, GateSpec, Plan, StepSpec } from '../plan.ts';
import { createRegistry } from '../registry.ts';
import type { AnyGateKind, AnyStepKind, KindRegistry } from '../step.ts';
import { genericSteps } from '../steps/generic.ts';
import { createDirectoryHost, type DirectoryHost, type DirectoryHostOptions } from './directory-host.ts';
import { pretendedRestart, pretendedRunning } from './pretended-tor.ts';

export const unitOf = (relay: string): string => `tor@${relay}.service`;
export const dropInOf = (relay: string): string => `/etc/systemd/system/${unitOf(relay)}.d/50-tearless-allocator.conf`;
export const plannedText = (relay: string): string =>
  `[Service]\nEnvironment=LD_PRELOAD=/usr/lib/mimalloc-${relay}.so\n`;

const step = (id: string, kind: string, params: JsonObject, symbol: StepSpec['symbol'] = '~'): StepSpec => ({
  id,
  kind,
  symbol,
  summary: `${id} of a test`,
  params,
});

export const gate = (id: string, kind: string, params: JsonObject = {}, deadlineMs = 10_000): GateSpec => ({
  id,
  kind,
  summary: `${id} of a test`,
  params,
  deadlineMs,
});

export interface RelayChange {
  readonly host: string;
  readonly relay: string;
  /** What the drop-in shall hold; a text with FAIL gives a relay that does not start. */
  readonly text?: string;
  /** SHA-256 of what stands there now. */
  readonly expects?: string;
  readonly gates?: readonly GateSpec[];
  readonly undoGates?: readonly GateSpec[];
}

/** Drop-in, reload, restart, and the gate that it runs so. */
export const relayItem = ({ host, relay, text = plannedText(relay), ...rest }: RelayChange): ChangeItem => {
  const unit = unitOf(relay);
  return {
    id: `${host}/${relay}`,
    subject: relay,
    host,
    steps: [
      step('drop-in', 'file.write', {
        path: dropInOf(relay),
        content: text,
        mode: 0o644,
        owner: 'root',
        group: 'root',
        expects: rest.expects ?? null,
      }),
      step('reload', 'systemd.reload', { units: [unit] }),
      step('restart', 'test.restart', { unit, wants: text }, '!'),
    ],
    gates: rest.gates ?? [gate('running', 'test.running', { unit, wants: text })],
    undoGates: rest.undoGates ?? [],
  };
};

/** One relay on each of two hosts. */
export const twoItems = (text?: string): ChangeItem[] =>
  [
    { host: 'h1', relay: 'a' },
    { host: 'h2', relay: 'b' },
  ].map((change) => relayItem(text === undefined ? change : { ...change, text }));

/** A step that only this test has. */
export const extraStep = step;

export const planOf = (
  items: readonly ChangeItem[],
  options: { readonly batches?: readonly (readonly string[])[]; readonly maxFail?: number } = {},
): Plan =>
  sealPlan({
    id: 'plan-of-a-test',
    createdAt: '2026-03-01T12:00:00Z',
    fleet: 'test',
    items,
    batches: options.batches ?? [items.map((item) => item.id)],
    maxFail: options.maxFail ?? 0,
    cost: { restarts: items.length, lines: [], estimatedSeconds: 1 },
    warnings: [],
  });

export const testRegistry = (gates: readonly AnyGateKind[] = [], steps: readonly AnyStepKind[] = []): KindRegistry =>
  createRegistry([...genericSteps, pretendedRestart, ...steps], [pretendedRunning, ...gates]);

export type HostFaults = Omit<DirectoryHostOptions, 'name' | 'directory'>;

/** The hosts of a directory, each made on first use. */
export const directoryFleet = (
  directory: string,
  faults: (host: string) => HostFaults = () => ({}),
): ((name: string) => DirectoryHost) => {
  const hosts = new Map<string, DirectoryHost>();
  return (name) => {
    const host = hosts.get(name) ?? createDirectoryHost({ name, directory: join(directory, name), ...faults(name) });
    hosts.set(name, host);
    return host;
  };
};

/** Starts relays without any drop-in, as they are before a change. */
export const startRelays = async (
  hosts: (name: string) => DirectoryHost,
  relays: readonly RelayChange[],
): Promise<void> => {
  for (const { host, relay } of relays) await hosts(host).unit('start', unitOf(relay));
};

/** Paths that Tearless keeps for itself, or that a pretended disk merely makes on the way. */
const isBesides = (path: string): boolean =>
  path === '/var' || path === '/var/lib' || path === '/var/lib/dpkg' || path.startsWith('/var/lib/tearless');

/** The files that Tearless says it owns; empty where it has no list. */
const lookAtOwned = (root: string): Record<string, unknown> => {
  const path = join(root, 'var/lib/tearless/owned.json');
  if (!existsSync(path)) return { files: [], directories: [] };
  const text = readFileSync(path, 'utf8');
  const { files, directories } = JSON.parse(text.slice(text.indexOf('\n')));
  return { files: Object.keys(files), directories: Object.keys(directories) };
};

/** Everything of a host but process ids and what Tearless keeps for itself: path → content. */
export const lookAtHost = (directory: string, name: string): Record<string, string> => {
  const root = join(directory, name, 'root');
  const seen: Record<string, string> = { owned: JSON.stringify(lookAtOwned(root)) };
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const inside = path.slice(root.length);
    if (isBesides(inside) && !inside.startsWith('/var/lib/dpkg/')) continue;
    seen[inside] = entry.isDirectory() ? 'directory' : readFileSync(path, 'utf8').replace(/"pid":\d+/, '"pid":0');
  }
  return seen;
};
