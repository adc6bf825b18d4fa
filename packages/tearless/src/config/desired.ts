// What the configuration says of each relay, with defaults filled in and later settings winning over earlier ones.

import { findLayers } from './experiments.ts';
import type { Config, RestartConfig, SettingConfig } from './schema.ts';
import { parseSelector, type Selectable } from './selector.ts';
import { apportion } from './shares.ts';

export type TorrcValue = null | readonly string[];

/** Relays among which allocators are divided by share. */
export interface ShareGroup {
  /** Index of the `settings` entry that declares it. */
  readonly setting: number;
  /** How many relays each allocator gets, in the order written. */
  readonly counts: ReadonlyMap<string, number>;
  readonly relays: readonly string[];
}

export interface DesiredRelay extends Selectable {
  /** `host/instance`. */
  readonly id: string;
  readonly fingerprint?: string;
  /** An allocator's name; `undefined` when none is declared or when a share group decides. */
  readonly allocator?: string;
  /** Declared options only; null: the option shall not stand in the torrc. */
  readonly torrc: ReadonlyMap<string, TorrcValue>;
  /** The experiment under way that it is in: what its arm says wins over settings. */
  readonly experiment?: { readonly name: string; readonly arm: string };
}

/** How restarts roll, with nothing left open. */
export type RestartSettings = { readonly [K in keyof RestartConfig]-?: NonNullable<RestartConfig[K]> };

export interface Desired {
  readonly fleet: string;
  readonly network: 'public' | 'lab';
  readonly relays: readonly DesiredRelay[];
  readonly shareGroups: readonly ShareGroup[];
  readonly allocators: NonNullable<Config['allocators']>;
  readonly restart: RestartSettings;
}

/** The relays as written, without settings. */
export const listRelays = (config: Config): (Selectable & { readonly id: string; readonly fingerprint?: string })[] =>
  config.relays.map((entry) => {
    const relay = typeof entry === 'string' ? { relay: entry } : entry;
    const [host = '', instance = ''] = relay.relay.split('/');
    return {
      id: relay.relay,
      host,
      instance,
      labels: { ...config.hosts[host]?.labels, ...relay.labels },
      ...(relay.fingerprint === undefined ? {} : { fingerprint: relay.fingerprint }),
    };
  });

/** What the reference recommends: a canary, a tenth, then halves; the limits of what the network may lose at once. */
export const restartDefaults: RestartSettings = {
  serial: [1, '10%', '50%'],
  maxFail: 0,
  soak: 60_000,
  deadline: 600_000,
  weightDown: 10,
  hsDirLoss: 20,
  consensusGate: false,
  avoidFlagLoss: false,
};

const labSoakMs = 1_000;

/** As written in the file to what stands in a torrc. */
export const toTorrcValue = (value: string | number | boolean | null | readonly (string | number)[]): TorrcValue => {
  if (value === null) return null;
  if (typeof value === 'boolean') return [value ? '1' : '0'];
  return (Array.isArray(value) ? value : [value]).map(String);
};

/** Lays options over those that stand; names in any case. */
const setOptions = (standing: Map<string, TorrcValue>, options: SettingConfig['torrc'] = {}): void => {
  for (const [name, value] of Object.entries(options)) {
    const known = [...standing.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
    standing.set(known ?? name, toTorrcValue(value));
  }
};

/** @param config checked by `parseConfig`: selectors parse and shares add up */
export const resolveDesired = (config: Config): Desired => {
  const decided = new Map<string, { allocator?: string; group?: number; torrc: Map<string, TorrcValue> }>();
  const relays = listRelays(config);
  for (const relay of relays) decided.set(relay.id, { torrc: new Map() });
  for (const [index, setting] of (config.settings ?? []).entries()) {
    const selector = parseSelector(setting.select);
    for (const relay of relays.filter(selector)) {
      const entry = decided.get(relay.id);
      if (entry === undefined) continue;
      if (typeof setting.allocator === 'string') {
        entry.allocator = setting.allocator;
        delete entry.group;
      } else if (setting.allocator !== undefined) {
        entry.group = index;
        delete entry.allocator;
      }
      setOptions(entry.torrc, setting.torrc);
    }
  }
  const layers = findLayers(config);
  for (const [relay, { treatment }] of layers) {
    const entry = decided.get(relay);
    if (entry === undefined) continue;
    if (treatment.allocator !== undefined) {
      entry.allocator = treatment.allocator;
      delete entry.group;
    }
    setOptions(entry.torrc, treatment.torrc);
  }
  const shareGroups = (config.settings ?? []).flatMap((setting, index): ShareGroup[] => {
    if (typeof setting.allocator !== 'object') return [];
    const members = relays.filter((relay) => decided.get(relay.id)?.group === index).map((relay) => relay.id);
    return [
      {
        setting: index,
        relays: members,
        counts: apportion(members.length, new Map(Object.entries(setting.allocator))),
      },
    ];
  });
  const network = config.network ?? 'public';
  const given = Object.fromEntries(Object.entries(config.restart ?? {}).filter(([, value]) => value !== undefined));
  return {
    fleet: config.fleet,
    network,
    relays: relays.map((relay) => {
      const entry = decided.get(relay.id);
      const layer = layers.get(relay.id);
      return {
        ...relay,
        ...(entry?.allocator === undefined ? {} : { allocator: entry.allocator }),
        torrc: entry?.torrc ?? new Map(),
        ...(layer === undefined ? {} : { experiment: { name: layer.experiment, arm: layer.arm } }),
      };
    }),
    shareGroups,
    allocators: config.allocators ?? {},
    restart: { ...restartDefaults, ...(network === 'lab' ? { soak: labSoakMs } : {}), ...given },
  };
};
