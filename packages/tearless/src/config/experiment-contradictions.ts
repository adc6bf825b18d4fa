// What well-formed experiments can still get wrong: arms, relays and allocators that there are not, a relay in two places.
import { didYouMean } from '../base/did-you-mean.ts';
import { isUnderWay, listAssigned } from './experiments.ts';
import type { Config, ExperimentConfig } from './schema.ts';

/** Reports a problem at the place of `keys`. */
export type Report = (code: string, keys: readonly PropertyKey[], message: string, suggestion?: string) => void;

const checkArms = (
  name: string,
  { arms, control }: ExperimentConfig,
  allocators: readonly string[],
  report: Report,
) => {
  const at = ['experiments', name];
  const names = Object.keys(arms);
  if (names.length < 2)
    report(
      'config-few-arms',
      [...at, 'arms'],
      `experiment '${name}' has ${names.length} arms: it needs two to compare`,
    );
  if (!names.includes(control))
    report(
      'config-unknown-arm',
      [...at, 'control'],
      `control '${control}' is none of the arms of experiment '${name}'`,
      didYouMean(control, names),
    );
  for (const [arm, { allocator }] of Object.entries(arms))
    if (allocator !== undefined && !allocators.includes(allocator))
      report(
        'config-unknown-allocator',
        [...at, 'arms', arm, 'allocator'],
        `allocator '${allocator}' is not declared under 'allocators'`,
        didYouMean(allocator, allocators),
      );
};

const checkBlocks = (name: string, { arms, blocks }: ExperimentConfig, relays: readonly string[], report: Report) => {
  const at = ['experiments', name, 'blocks'];
  const known = new Set(relays);
  const placed = new Map<string, string>();
  for (const [index, block] of blocks.entries())
    for (const [arm, relay] of Object.entries(block)) {
      const keys = [...at, index, arm];
      if (arms[arm] === undefined)
        report(
          'config-unknown-arm',
          keys,
          `'${arm}' is none of the arms of experiment '${name}'`,
          didYouMean(arm, Object.keys(arms)),
        );
      if (!known.has(relay))
        report(
          'config-unknown-relay',
          keys,
          `relay '${relay}' is not declared under 'relays'`,
          didYouMean(relay, relays),
        );
      const before = placed.get(relay);
      if (before !== undefined)
        report(
          'config-relay-assigned-twice',
          keys,
          before === arm
            ? `relay '${relay}' stands twice in arm '${arm}'`
            : `relay '${relay}' is in arm '${before}' already: it can have one treatment`,
        );
      placed.set(relay, before ?? arm);
    }
  const filled = new Set(placed.values());
  for (const arm of Object.keys(arms))
    if (!filled.has(arm))
      report('config-empty-arm', ['experiments', name, 'arms', arm], `no block gives a relay to arm '${arm}'`);
};

/**
 * @param allocators names that an arm may load
 * @param relays ids of all declared relays
 */
export const findExperimentContradictions = (
  { experiments = {} }: Pick<Config, 'experiments'>,
  allocators: readonly string[],
  relays: readonly string[],
  report: Report,
): void => {
  const busy = new Map<string, string>();
  for (const [name, experiment] of Object.entries(experiments)) {
    checkArms(name, experiment, allocators, report);
    checkBlocks(name, experiment, relays, report);
    if (!isUnderWay(experiment)) continue;
    const shared = new Map<string, string[]>();
    for (const { relay } of listAssigned(experiment)) {
      const other = busy.get(relay);
      if (other === undefined) busy.set(relay, name);
      else if (other !== name) shared.set(other, [...(shared.get(other) ?? []), relay]);
    }
    for (const [other, ids] of shared)
      report(
        'config-experiments-overlap',
        ['experiments', name],
        `experiments '${other}' and '${name}' are both under way and share ${ids.join(', ')}`,
      );
  }
};
