// Desired workers and what was seen to a plan: an item a tor instance, new ones first, those that serve already one at a time. Pure.
import type { JsonObject } from '../../base/json.ts';
import { sealPlan } from '../../change/digest.ts';
import type { ChangeItem, GateSpec, Plan } from '../../change/plan.ts';
import type { RestartSettings } from '../../config/desired.ts';
import { estimateSeconds } from '../../daemon/cost.ts';
import { expectedGateSeconds, planGates, planUndoGates, shutdownSeconds } from '../../daemon/gates.ts';
import type { InstanceSeen, InstanceWish } from './deploy-wish.ts';
import { type InstanceChange, planInstance } from './instance-change.ts';

export interface PlanDeployInput {
  readonly fleet: string;
  readonly network: 'public' | 'lab';
  readonly restart: RestartSettings;
  readonly wishes: readonly InstanceWish[];
  /** @throws what tells why there is nothing to see: a host that did not answer, an instance that is not there */
  readonly see: (wish: InstanceWish) => InstanceSeen;
  readonly request: JsonObject;
  readonly planId: string;
  readonly createdAtMs: number;
}

/** The balancer gathers changes for half a minute, and uploads; on a test network both take seconds. */
const learnMs = { public: 120_000, lab: 6_000 } as const;

const describedGate = (instance: string, directory: string, settleMs: number, deadlineMs: number): GateSpec => ({
  id: `described-${directory}`,
  kind: 'balance.service-described',
  summary: `${directory} has introduction points${settleMs === 0 ? '' : ', and clients know them'}`,
  params: { instance, directory, settleMs },
  deadlineMs: settleMs + deadlineMs,
});

const toItem = ({ wish, steps, renewed, gone }: InstanceChange, { network, restart }: PlanDeployInput): ChangeItem => {
  const { id, host, instance, workers } = wish;
  const { soak: soakMs, deadline: deadlineMs, consensusGate } = restart;
  const wishes = { network, instance, activation: 'reload', soakMs, deadlineMs, consensusGate } as const;
  const described = (directories: readonly string[]): GateSpec[] =>
    directories.map((directory) => {
      const isUsed = renewed.includes(directory) || gone.includes(directory);
      return describedGate(instance, directory, isUsed ? learnMs[network] : 0, deadlineMs);
    });
  const isActivated = steps.some(({ kind }) => kind === 'balance.reload-services');
  return {
    id,
    subject: id,
    host,
    steps,
    gates: isActivated ? [...planGates(wishes), ...described(workers.map(({ place }) => place.directory))] : [],
    undoGates: isActivated ? [...planUndoGates(wishes), ...described([...renewed, ...gone])] : [],
  };
};

/** Until a service has its introduction points. */
const introSeconds = 5;

/** A canary, then the other new ones side by side, then one after another what clients use now. */
const planBatches = (changes: readonly InstanceChange[]): string[][] => {
  const ids = (those: readonly InstanceChange[]): string[] => those.map(({ wish }) => wish.id);
  const [canary, ...others] = ids(changes.filter(({ isServing }) => !isServing));
  const serving = ids(changes.filter(({ isServing }) => isServing));
  return [
    ...(canary === undefined ? [] : [[canary]]),
    ...(others.length === 0 ? [] : [others]),
    ...serving.map((id) => [id]),
  ];
};

const counted = (amount: number, one: string, many: string): string => `${amount} ${amount === 1 ? one : many}`;

const renderCost = (changes: readonly InstanceChange[]): string[] => {
  const fresh = changes.reduce((sum, change) => sum + change.fresh.length, 0);
  const renewed = changes.reduce((sum, change) => sum + change.renewed.length, 0);
  const gone = changes.reduce((sum, change) => sum + change.gone.length, 0);
  return [
    ...(gone === 0
      ? []
      : [
          `${counted(gone, 'worker goes', 'workers go')}: connections to ${gone === 1 ? 'it' : 'them'} end, and clients may hold descriptors that lead there until the time period ends (drain first, and wait)`,
        ]),
    ...(fresh === 0 ? [] : [counted(fresh, 'worker is new', 'workers are new')]),
    ...(renewed === 0
      ? []
      : [
          `${counted(renewed, 'running service goes', 'running services go')} off and on, one tor at a time: connections to ${renewed === 1 ? 'it' : 'them'} end`,
        ]),
    `${counted(changes.length, 'tor reloads: its process', 'tors reload: their processes')} and circuits stay`,
  ];
};

/** @throws as planInstance and `see` */
export const planDeploy = (input: PlanDeployInput): Plan => {
  const { network, restart, wishes } = input;
  const looked = wishes.map((wish) => planInstance(wish, input.see(wish)));
  const changes = looked.filter(({ steps }) => steps.length > 0);
  const items = changes.map((change) => toItem(change, input));
  const byId = new Map(items.map((item) => [item.id, item]));
  const batches = planBatches(changes);
  const usualSeconds = expectedGateSeconds(network);
  const expectedSeconds = (gate: GateSpec): number =>
    usualSeconds(gate) + (typeof gate.params.settleMs === 'number' ? introSeconds + gate.params.settleMs / 1000 : 0);
  const waits = { shutdownSeconds: shutdownSeconds(network), expectedSeconds };
  const times = batches.map((batch) =>
    batch.flatMap((id) => {
      const item = byId.get(id);
      return item === undefined ? [] : [{ host: item.host, restarts: false, gates: item.gates, ...waits }];
    }),
  );
  return sealPlan({
    id: input.planId,
    createdAt: new Date(input.createdAtMs).toISOString(),
    fleet: input.fleet,
    request: input.request,
    items: batches.flat().flatMap((id) => byId.get(id) ?? []),
    batches,
    maxFail: restart.maxFail,
    cost: {
      restarts: 0,
      lines: changes.length === 0 ? [] : renderCost(changes),
      estimatedSeconds: estimateSeconds(times),
    },
    warnings: looked.flatMap(({ warnings, wish }) => warnings.map((warning) => ({ ...warning, subjects: [wish.id] }))),
  });
};
