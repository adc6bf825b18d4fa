// What scene `allocator` proved and what not, from what was seen. Pure.
import { renderFailure, type TrafficSummary } from '@tearless/lab/traffic/summary.ts';
import { formatBytes, formatChange } from '../../../report/format.ts';
import type { Rollout } from '../../../report/rollout.ts';
import type { FleetReading } from './hand.ts';
import type { Restart } from './restarts.ts';
import type { SceneResult } from './scene.ts';

/** So many requests at least make the scene tell something. */
const leastRequests = 200;

export interface AllocatorEvidence {
  readonly before: FleetReading;
  readonly after: FleetReading;
  readonly back: FleetReading;
  /** Outcomes of the runs. */
  readonly applied: string;
  readonly undone: string;
  readonly fault: {
    readonly victims: readonly string[];
    readonly outcome: string;
    readonly failedGates: readonly string[];
  };
  readonly afterFault: FleetReading;
  /** What the separate reader found on one side only. */
  readonly differences: readonly string[];
  /** How many lines it compared. */
  readonly paths: number;
  readonly summary: TrafficSummary;
  readonly restarts: readonly Restart[];
  readonly requestsDuring: (window: { readonly fromMs: number; readonly toMs: number }) => number;
  readonly reportPath: string;
}

export const judgeAllocatorScene = (
  evidence: AllocatorEvidence,
): { proofs: Rollout['proofs']; result: SceneResult } => {
  const { before, after, back, fault, afterFault, differences, summary, restarts } = evidence;
  const { requests, streams } = summary;
  const relays = [...after.allocators.keys()];
  const relaysChanged = relays.filter((relay) => after.allocators.get(relay) !== before.allocators.get(relay)).length;
  const faultCaught =
    fault.outcome === 'failed-undone' &&
    fault.failedGates.includes('allocator-loaded') &&
    fault.victims.length > 0 &&
    fault.victims.every((relay) => afterFault.allocators.get(relay) === after.allocators.get(relay));
  const undoIdentical =
    evidence.undone === 'undone' &&
    differences.length === 0 &&
    relays.every((relay) => back.allocators.get(relay) === before.allocators.get(relay));
  const alone = restarts.filter(({ fromMs, toMs }) => evidence.requestsDuring({ fromMs, toMs: toMs ?? fromMs }) === 0);
  const proofs = [
    {
      holds: relaysChanged === relays.length && evidence.applied === 'done',
      text: `${relaysChanged} of ${relays.length} relays were changed, each proved by the build-id of the library that its process has mapped`,
    },
    {
      holds: faultCaught,
      text: `a library vanished between the plan and a restart: the gate ${fault.failedGates[0] ?? '(none)'} caught it, the run stopped, its batch went back by itself`,
    },
    {
      holds: undoIdentical,
      text: `a separate reader found ${evidence.paths} paths, contents, unit states and packages as before, ${differences.length} other`,
    },
    {
      holds: requests.sent >= leastRequests && alone.length === 0,
      text: `${requests.sent} requests were sent, some during ${restarts.length - alone.length} of ${restarts.length} restarts`,
    },
    {
      holds: requests.failed === 0 && streams.failed === 0,
      text: `${requests.failed} requests and ${streams.failed} long downloads failed`,
    },
  ];
  const { totalBytes: memoryBeforeBytes } = before;
  const { totalBytes: memoryAfterBytes } = after;
  const { totalBytes: memoryBackBytes } = back;
  const result: SceneResult = {
    name: 'allocator',
    requests: { sent: requests.sent, failed: requests.failed },
    streams: { opened: streams.opened, cut: streams.cut },
    facts: {
      relaysChanged,
      faultCaught,
      undoIdentical,
      memoryBeforeBytes,
      memoryAfterBytes,
      memoryBackBytes,
      restarts: restarts.length,
    },
    broken: [
      ...proofs.filter(({ holds }) => !holds).map(({ text }) => text),
      ...differences.slice(0, 10),
      ...summary.failures.slice(0, 5).map(renderFailure),
    ],
    summary: [
      `${relaysChanged} relays changed; ${restarts.length} restarts, the fault and the way back included`,
      `${requests.sent} requests, ${requests.failed} failed, ${requests.retried} took another circuit`,
      `${streams.opened} long downloads, ${streams.cut} cut by a planned restart, ${streams.failed} failed`,
      `memory ${formatBytes(memoryBeforeBytes)} before, ${formatBytes(memoryAfterBytes)} changed, ${formatBytes(memoryBackBytes)} as young on the former allocator (${formatChange(memoryBackBytes, memoryAfterBytes)})`,
      `the fault was ${faultCaught ? 'caught and its batch went back' : 'NOT caught'}; after the undo ${undoIdentical ? 'everything is as before' : 'NOT everything is as before'}`,
      `report: ${evidence.reportPath}`,
    ],
  };
  return { proofs, result };
};
