// A relay's change as an item of a plan: its steps, the gates behind them, and the gates for the way back. Pure.
import type { ChangeItem } from '../change/plan.ts';
import type { Desired } from '../config/desired.ts';
import type { ExpectedAllocator } from '../daemon/gates/allocator-loaded.ts';
import { planGates, planUndoGates, type UndoGateWishes } from '../daemon/gates.ts';
import type { AllocatorLibrary } from '../facts/observed.ts';
import { type AllocatorTarget, glibc } from './allocator-target.ts';
import type { RelayChange } from './relay-change.ts';

const expectTarget = ({ name, config }: AllocatorTarget): ExpectedAllocator => ({
  name,
  version: config?.version ?? null,
  buildIds: config?.buildIds ?? [],
});

const expectLoaded = ({ allocator, buildId, package: owner }: AllocatorLibrary): ExpectedAllocator => ({
  name: allocator,
  version: owner?.version ?? null,
  buildIds: allocator === glibc || buildId === undefined ? [] : [buildId],
});

/** @param baselineBytesPerSecond measured just before; undefined: traffic is not compared */
export const toItem = (
  change: RelayChange,
  desired: Desired,
  baselineBytesPerSecond: number | undefined,
): ChangeItem => {
  const { seen, target, activation, steps, settings } = change;
  const { relay, facts, instance } = seen;
  const { soak, deadline, consensusGate } = desired.restart;
  const loaded = instance.process?.allocator;
  const wishes: UndoGateWishes = {
    network: desired.network,
    instance: instance.name,
    activation,
    soakMs: soak,
    deadlineMs: deadline,
    consensusGate,
    changes: settings,
    viewInstances: facts.instances.map(({ name }) => name).filter((name) => name !== instance.name),
    ...(target === undefined ? {} : { allocator: expectTarget(target) }),
    ...(loaded === undefined ? {} : { formerAllocator: expectLoaded(loaded) }),
    ...(baselineBytesPerSecond === undefined ? {} : { baselineBytesPerSecond }),
  };
  return {
    id: relay.id,
    subject: relay.id,
    host: relay.host,
    steps,
    gates: planGates(wishes),
    undoGates: planUndoGates(wishes),
  };
};
