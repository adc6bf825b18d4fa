// What a host needs before its relays can load an allocator: the declared package, held so that no upgrade changes it.
import type { ChangeItem, StepSpec } from '../change/plan.ts';
import type { HostFacts } from '../facts/observed.ts';
import { type AllocatorTarget, checkAvailable } from './allocator-target.ts';

const describePackage = (
  facts: HostFacts,
  name: string,
  version: string,
): Pick<StepSpec, 'symbol' | 'summary'> | undefined => {
  const installed = facts.packages.find((entry) => entry.name === name);
  if (installed === undefined) return { symbol: '+', summary: `install ${name} ${version} and hold it` };
  if (installed.version !== version)
    return { symbol: '~', summary: `change ${name} from ${installed.version} to ${version} and hold it` };
  return installed.held ? undefined : { symbol: '~', summary: `hold ${name} ${version}` };
};

/** The host's own item; its name cannot be a relay's. */
export const preparationId = (host: string): string => `${host}/(host)`;

/**
 * @param targets what the host's relays shall load
 * @returns undefined when nothing is needed
 * @throws RelaysError `relays-allocator-mismatch`, `relays-allocator-missing`
 */
export const planHostPreparation = (facts: HostFacts, targets: readonly AllocatorTarget[]): ChangeItem | undefined => {
  const steps = new Map<string, StepSpec>();
  for (const target of targets) {
    checkAvailable(facts, target);
    const wanted = target.config?.package;
    const words = wanted === undefined ? undefined : describePackage(facts, wanted.name, wanted.version);
    if (wanted === undefined || words === undefined) continue;
    steps.set(wanted.name, {
      id: `package-${wanted.name}`,
      kind: 'package.install',
      ...words,
      params: { name: wanted.name, version: wanted.version, hold: true },
    });
  }
  if (steps.size === 0) return undefined;
  return {
    id: preparationId(facts.host),
    subject: facts.host,
    host: facts.host,
    steps: [...steps.values()],
    gates: [],
    undoGates: [],
  };
};
