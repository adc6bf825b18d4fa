// `tor.allocator-loaded`: the allocator that the process has mapped, by build-id, whatever its drop-in asks for. A library that
// is missing only makes ld.so warn, and tor runs on with glibc: that fails here, at once.
import { z } from 'zod';
import type { GateKind, GateReading } from '../../change/step.ts';
import { readFacts } from '../../facts/collect.ts';
import type { AllocatorLibrary, InstanceFacts } from '../../facts/observed.ts';
import { Instance } from '../params.ts';
import { failed, passed, waiting } from './reading.ts';

export const ExpectedAllocator = z.object({
  /** For people, and for glibc the target itself. */
  name: z.string(),
  version: z.string().nullable(),
  /** GNU build-ids that are this allocator; empty: the name decides (glibc, or a former state without a build-id). */
  buildIds: z.array(z.string()),
});
export type ExpectedAllocator = z.output<typeof ExpectedAllocator>;

const Params = z.object({ instance: Instance, expected: ExpectedAllocator });
type Params = z.output<typeof Params>;

const describe = ({ allocator, path, buildId, package: owner }: AllocatorLibrary): string => {
  const parts = [path, owner === undefined ? '' : `${owner.name} ${owner.version}`, `build-id ${buildId ?? 'none'}`];
  return `${allocator} (${parts.filter((part) => part !== '').join(', ')})`;
};

/** What an instance's facts say of the allocator that it shall have. */
export const judgeAllocator = (seen: InstanceFacts, expected: ExpectedAllocator): GateReading => {
  const { process: main, activeState, unit } = seen;
  if (activeState === 'failed' || activeState === 'inactive')
    return failed(`${unit} is ${activeState}`, { activeState });
  if (activeState !== 'active' || main === undefined) return waiting(`${unit} is ${activeState}`, { activeState });
  const { allocator, preload } = main;
  const evidence = {
    mainPid: main.pid,
    startTicks: main.startTicks,
    allocator: allocator.allocator,
    path: allocator.path,
    buildId: allocator.buildId ?? null,
    preload: preload ?? null,
  };
  const matches =
    expected.buildIds.length > 0
      ? allocator.buildId !== undefined && expected.buildIds.includes(allocator.buildId)
      : allocator.allocator === expected.name;
  if (matches) return passed(`process ${main.pid} has loaded ${describe(allocator)}`, evidence);
  const wanted = [expected.name, expected.version].filter((part) => part !== null).join(' ');
  const asked = preload === undefined ? 'nothing is preloaded' : `LD_PRELOAD names ${preload}`;
  return failed(`process ${main.pid} runs with ${describe(allocator)} instead of ${wanted}; ${asked}`, evidence);
};

export const allocatorLoadedGate: GateKind<Params> = {
  kind: 'tor.allocator-loaded',
  params: Params,
  read: async ({ host, signal }, { instance, expected }) => {
    const facts = await readFacts(host, { signal });
    const seen = facts.instances.find(({ name }) => name === instance);
    return seen === undefined ? failed(`${host.name} has no instance ${instance}`) : judgeAllocator(seen, expected);
  },
};
