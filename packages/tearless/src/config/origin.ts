// Every value in force with the place it came from: a line of the file, or a default of ours.
import { type Desired, resolveDesired } from './desired.ts';
import { resolveOnions } from './onions.ts';
import { type Config, durationUnits } from './schema.ts';
import { parseSelector } from './selector.ts';
import { type ConfigSource, parseConfigSource } from './source.ts';

export interface Origin {
  /** `relays.h1/a.allocator`, `restart.serial`. */
  readonly name: string;
  readonly value: string;
  /** `tearless.yaml:12:5` or `default`. */
  readonly origin: string;
}

const renderValue = (value: unknown): string =>
  value === null
    ? '(removed)'
    : Array.isArray(value)
      ? value.map(String).join(', ')
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);

/** As the file would say it: `1m`, `90s`, `500ms`. */
const renderDuration = (ms: number): string => {
  const [unit, size] = durationUnits.findLast(([, factor]) => ms >= factor && ms % factor === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
};

/** The restart settings that are no longer as they were written once they are read. */
const asWritten: Readonly<Record<string, (value: number) => string>> = {
  soak: renderDuration,
  deadline: renderDuration,
  weightDown: (value) => `${value}%`,
  hsDirLoss: (value) => `${value}%`,
};

/** The last `settings` entry that says something of `what` for the relay. */
const decidingSetting = (
  config: Config,
  relay: Desired['relays'][number],
  has: (setting: NonNullable<Config['settings']>[number]) => boolean,
): number => (config.settings ?? []).findLastIndex((setting) => has(setting) && parseSelector(setting.select)(relay));

/** Values of onion services and of their workers; files as they are written, never what is in them. */
const traceOnions = (config: Config, at: (keys: readonly PropertyKey[]) => string): Origin[] =>
  resolveOnions(config).flatMap(({ name, workers, probePort, ...onion }) => {
    const given: Readonly<Record<string, unknown>> = config.onions?.[name] ?? {};
    const { key, presigned, clients, address, policy, caa } = onion;
    const own = { key, presigned, address, policy, clients, caa, probePort };
    const rows = (keys: readonly string[], written: Readonly<Record<string, unknown>>, values: object): Origin[] =>
      Object.entries(values).flatMap(([what, value]): Origin[] =>
        value === undefined || value === null || (Array.isArray(value) && value.length === 0)
          ? []
          : [
              {
                name: [...keys, what].join('.'),
                value: renderValue(value),
                origin: written[what] === undefined ? 'default' : at([...keys, what]),
              },
            ],
      );
    return [
      ...rows(['onions', name], given, own),
      ...workers.flatMap(({ name: worker, place, address: workerAddress, weight, publishes }) =>
        rows(['onions', name, 'workers', worker], config.onions?.[name]?.workers[worker] ?? {}, {
          ...place,
          address: workerAddress,
          weight,
          ...(place === undefined ? {} : { publishes }),
        }),
      ),
    ];
  });

/** @param config what `parseConfig` made of `text` */
export const traceOrigins = (config: Config, text: string, path: string): Origin[] => {
  const source: ConfigSource = parseConfigSource(text, path);
  const at = (keys: readonly PropertyKey[]) => {
    const { line, column } = source.position(keys, 'key');
    return `${path}:${line}:${column}`;
  };
  const desired = resolveDesired(config);
  const origins: Origin[] = [
    { name: 'fleet', value: desired.fleet, origin: at(['fleet']) },
    { name: 'network', value: desired.network, origin: config.network === undefined ? 'default' : at(['network']) },
  ];
  for (const [name, value] of Object.entries(desired.restart)) {
    const given = config.restart?.[name as keyof typeof desired.restart];
    origins.push({
      name: `restart.${name}`,
      value: typeof value === 'number' ? (asWritten[name] ?? String)(value) : renderValue(value),
      origin: given === undefined ? 'default' : at(['restart', name]),
    });
  }
  for (const relay of desired.relays) {
    const group = desired.shareGroups.find(({ relays }) => relays.includes(relay.id));
    if (group !== undefined)
      origins.push({
        name: `relays.${relay.id}.allocator`,
        value: [...group.counts].map(([name, count]) => `${name} × ${count}`).join(', '),
        origin: at(['settings', group.setting, 'allocator']),
      });
    const arm = config.experiments?.[relay.experiment?.name ?? '']?.arms[relay.experiment?.arm ?? ''];
    const armKeys = ['experiments', relay.experiment?.name ?? '', 'arms', relay.experiment?.arm ?? ''];
    if (relay.allocator !== undefined && arm?.allocator !== undefined)
      origins.push({
        name: `relays.${relay.id}.allocator`,
        value: relay.allocator,
        origin: at([...armKeys, 'allocator']),
      });
    else if (relay.allocator !== undefined) {
      const setting = decidingSetting(config, relay, ({ allocator }) => allocator !== undefined);
      origins.push({
        name: `relays.${relay.id}.allocator`,
        value: relay.allocator,
        origin: at(['settings', setting, 'allocator']),
      });
    }
    for (const [option, value] of relay.torrc) {
      const ofArm = Object.keys(arm?.torrc ?? {}).find((name) => name.toLowerCase() === option.toLowerCase());
      if (ofArm !== undefined) {
        origins.push({
          name: `relays.${relay.id}.torrc.${option}`,
          value: renderValue(value),
          origin: at([...armKeys, 'torrc', ofArm]),
        });
        continue;
      }
      const named = (setting: NonNullable<Config['settings']>[number]) =>
        Object.keys(setting.torrc ?? {}).find((name) => name.toLowerCase() === option.toLowerCase());
      const setting = decidingSetting(config, relay, (candidate) => named(candidate) !== undefined);
      const entry = config.settings?.[setting];
      origins.push({
        name: `relays.${relay.id}.torrc.${option}`,
        value: renderValue(value),
        origin: at(['settings', setting, 'torrc', (entry === undefined ? undefined : named(entry)) ?? option]),
      });
    }
  }
  return [...origins, ...traceOnions(config, at)];
};
