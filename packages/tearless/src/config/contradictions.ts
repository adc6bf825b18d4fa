// What a well-formed configuration can still get wrong: names that do not exist, stand twice, or shares that do not add up.
import { didYouMean } from '../base/did-you-mean.ts';
import type { ConfigProblem } from './config-error.ts';
import { listRelays, toTorrcValue } from './desired.ts';
import { findExperimentContradictions } from './experiment-contradictions.ts';
import { findOnionContradictions } from './onion-contradictions.ts';
import type { Config, SettingConfig } from './schema.ts';
import { parseSelector, type Selector } from './selector.ts';
import type { ConfigSource } from './source.ts';
import { judgeTorrcOption } from './torrc-options.ts';

/** glibc is what tor has when nothing is preloaded: it needs no declaration. */
const builtIn = 'glibc';

/** Options that tor does not know, that Tearless leaves alone, and values that tor would not take. */
const findTorrcProblems = (
  torrc: SettingConfig['torrc'],
  keys: readonly PropertyKey[],
  source: ConfigSource,
): ConfigProblem[] =>
  Object.entries(torrc ?? {}).flatMap(([name, value]): ConfigProblem[] => {
    const complaint = judgeTorrcOption(name, toTorrcValue(value));
    if (complaint === undefined) return [];
    const { code, message, hint } = complaint;
    const isOfValue = code === 'option-value' || code === 'option-once';
    return [
      {
        code: `config-${code}`,
        message,
        ...source.position([...keys, name], isOfValue ? 'value' : 'key'),
        suggestion: hint,
      },
    ];
  });

/** Every contradiction of `config`, each with the place in `source` where it stands. */
export const findContradictions = (config: Config, source: ConfigSource): ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  const report = (code: string, keys: readonly PropertyKey[], message: string, suggestion?: string) =>
    problems.push({ code, message, ...source.position(keys), ...(suggestion === undefined ? {} : { suggestion }) });

  const relays = listRelays(config);
  const seen = new Map<string, number>();
  for (const [index, relay] of relays.entries()) {
    const before = seen.get(relay.id);
    if (before !== undefined) {
      const { line } = source.position(['relays', before]);
      report(
        'config-duplicate-relay',
        ['relays', index],
        `relay '${relay.id}' is named twice; it stands in line ${line} already`,
      );
    }
    seen.set(relay.id, before ?? index);
    if (!(relay.host in config.hosts))
      report(
        'config-unknown-host',
        ['relays', index],
        `relay '${relay.id}' is on a host that is not declared`,
        didYouMean(relay.host, Object.keys(config.hosts)),
      );
  }

  const allocators = [builtIn, ...Object.keys(config.allocators ?? {})];
  for (const [index, setting] of (config.settings ?? []).entries()) {
    let selector: Selector | undefined;
    try {
      selector = parseSelector(setting.select);
    } catch (error) {
      report(
        'config-selector',
        ['settings', index, 'select'],
        `selector: ${error instanceof Error ? error.message : error}`,
      );
    }
    if (selector !== undefined && !relays.some(selector))
      report(
        'config-selects-nothing',
        ['settings', index, 'select'],
        `selector '${setting.select}' matches none of the ${relays.length} relays`,
        didYouMean(setting.select, [
          ...relays.map((relay) => relay.id),
          ...relays.map((relay) => `host=${relay.host}`),
        ]),
      );
    const named =
      setting.allocator === undefined
        ? []
        : typeof setting.allocator === 'string'
          ? [setting.allocator]
          : Object.keys(setting.allocator);
    for (const name of named)
      if (!allocators.includes(name))
        report(
          'config-unknown-allocator',
          ['settings', index, 'allocator', ...(typeof setting.allocator === 'string' ? [] : [name])],
          `allocator '${name}' is not declared under 'allocators'`,
          didYouMean(name, allocators),
        );
    if (typeof setting.allocator === 'object') {
      const sum = Object.values(setting.allocator).reduce((total, share) => total + share, 0);
      if (Math.abs(sum - 100) > 1e-6)
        report('config-shares', ['settings', index, 'allocator'], `the shares add up to ${sum} %, not to 100 %`);
    }
    problems.push(...findTorrcProblems(setting.torrc, ['settings', index, 'torrc'], source));
  }
  for (const [name, { arms }] of Object.entries(config.experiments ?? {}))
    for (const [arm, { torrc }] of Object.entries(arms))
      problems.push(...findTorrcProblems(torrc, ['experiments', name, 'arms', arm, 'torrc'], source));
  findExperimentContradictions(
    config,
    allocators,
    relays.map(({ id }) => id),
    report,
  );
  findOnionContradictions(config, report);
  return problems;
};
