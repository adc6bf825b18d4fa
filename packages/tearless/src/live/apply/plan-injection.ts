// An update as the injector takes it: memory mapped and filled while the program runs, jumps written at the stop where the code is
// still what it was. Pure.
import { type InjectorOperation, type InjectorPlan, reversePlan } from '../inject/encode-plan.ts';
import type { LinkedUpdate } from '../link/link.ts';
import type { Region } from '../link/region.ts';

/** What tells the process from all others. */
export type Target = Pick<InjectorPlan, 'pid' | 'startTicks' | 'buildId'>;

const protections = { code: 'rx', constants: 'r', variables: 'rw' } as const satisfies Record<
  Region['protection'],
  string
>;

export const planInjection = (
  { regions, redirects, changes, expected, hooks }: LinkedUpdate,
  target: Target,
): InjectorPlan => ({
  ...target,
  kind: 'apply',
  operations: [
    ...regions.flatMap(({ address, bytes, protection }): InjectorOperation[] => [
      { kind: 'map', address, sizeBytes: bytes.length, protection: protections[protection] },
      { kind: 'fill', address, bytes },
    ]),
    ...redirects.map(
      ({ address, before, bytes }) => ({ kind: 'change', address, former: before, next: bytes }) as const,
    ),
    ...changes.map(
      ({ address, former, next }): InjectorOperation =>
        Buffer.compare(former, next) === 0
          ? { kind: 'expect', address, bytes: former }
          : { kind: 'change', address, former, next },
    ),
    ...expected.map(({ address, bytes }) => ({ kind: 'expect', address, bytes }) as const),
    ...hooks.up.map((address) => ({ kind: 'hook', address, steps: hooks.steps }) as const),
  ],
});

/** What takes the update back: what it mapped stays, for old frames may lie in it. */
export const planReverse = ({ hooks }: LinkedUpdate, plan: InjectorPlan): InjectorPlan => {
  const reverse = reversePlan(plan);
  const down = hooks.down.map((address) => ({ kind: 'hook', address }) as const);
  return { ...reverse, operations: [...reverse.operations, ...down] };
};
