// Which gates an item has: those of the reference for the public network, where a short restart never leaves the consensus,
// and those of a lab, whose consensus is fresh within seconds. Pure.

import type { JsonObject } from '../base/json.ts';
import type { GateSpec } from '../change/plan.ts';
import type { ExpectedAllocator } from './gates/allocator-loaded.ts';
import { instancePaths } from './instance.ts';
import type { SettingChange } from './params.ts';

export interface GateWishes {
  readonly network: 'public' | 'lab';
  readonly instance: string;
  readonly activation: 'none' | 'reload' | 'restart';
  /** How long the process must stay up. */
  readonly soakMs: number;
  /** How long all of them but the slow ones of the public network may take. */
  readonly deadlineMs: number;
  /** Wait for the consensus on the public network too. */
  readonly consensusGate: boolean;
  /** What the process must have loaded; undefined: whatever it has is fine. */
  readonly allocator?: ExpectedAllocator;
  /** tor's own version, where the binary changes. */
  readonly version?: string;
  readonly changes?: readonly SettingChange[];
  /** Measured before, in the same hour; undefined: not compared. */
  readonly baselineBytesPerSecond?: number;
  /** Other instances of the host, whose consensus may be newer. */
  readonly viewInstances?: readonly string[];
}

const minuteMs = 60_000;

/** Traffic comes back as clients choose the relay again. */
const bandwidthDeadlineMs = 60 * minuteMs;
const bandwidthSampleMs = 10_000;
const bandwidthFraction = 0.5;

/** A vote an hour, and a relay fetches the consensus up to some more than an hour later. */
const consensusDeadlineMs = 240 * minuteMs;

const knownWarningDays = 14;

/** So many others are asked for their consensus; on the public network, whose consensus is large and hourly, none. */
const mostViews = 3;

const gate = (kind: string, summary: string, params: JsonObject, deadlineMs: number): GateSpec => ({
  id: kind.slice(kind.indexOf('.') + 1),
  kind,
  summary,
  params,
  deadlineMs,
});

const stableGate = (
  { instance, soakMs, deadlineMs }: GateWishes,
  after: 'restart' | 'reload' | 'undone-restart' | 'undone-reload',
): GateSpec =>
  gate('tor.unit-stable', `${instancePaths(instance).unit} stays up`, { instance, soakMs, after }, soakMs + deadlineMs);

const allocatorGate = (instance: string, expected: ExpectedAllocator, deadlineMs: number): GateSpec =>
  gate('tor.allocator-loaded', `${expected.name} is loaded`, { instance, expected }, deadlineMs);

/** Options that give a running relay another place: clients must find it there. */
const movesRelay: ReadonlySet<string> = new Set(['ORPort', 'Address']);

const listedGate = ({ network, instance, viewInstances = [] }: GateWishes, deadlineMs: number): GateSpec =>
  gate(
    'tor.listed-running',
    'listed Running after the restart',
    {
      instance,
      viewInstances: network === 'lab' ? viewInstances.slice(0, mostViews) : [],
      publishedAfter: 'restart',
    },
    deadlineMs,
  );

/**
 * @returns the gates of an item that becomes as planned, cheap proofs first; none when nothing is activated
 */
export const planGates = (wishes: GateWishes): GateSpec[] => {
  const { network, instance, activation, soakMs, deadlineMs, allocator, version, changes = [] } = wishes;
  if (activation === 'none') return [];
  if (activation === 'reload') {
    const reachable = gate('tor.orport-reachable', 'ORPorts reachable', { instance }, deadlineMs);
    return [stableGate(wishes, 'reload'), ...(changes.some(({ name }) => movesRelay.has(name)) ? [reachable] : [])];
  }
  const gates = [
    stableGate(wishes, 'restart'),
    ...(allocator === undefined ? [] : [allocatorGate(instance, allocator, deadlineMs)]),
    ...(version === undefined
      ? []
      : [gate('tor.version-loaded', `tor ${version} runs`, { instance, version }, deadlineMs)]),
    ...(changes.length === 0
      ? []
      : [gate('tor.settings-loaded', 'the settings are in effect', { instance, changes: [...changes] }, deadlineMs)]),
    gate('tor.bootstrapped', 'bootstrapped', { instance }, deadlineMs),
    gate('tor.orport-reachable', 'ORPorts reachable', { instance }, deadlineMs),
    gate('tor.descriptor-accepted', 'descriptor accepted after the restart', { instance }, deadlineMs),
  ];
  if (network === 'lab') return [...gates, listedGate(wishes, deadlineMs)];
  const { baselineBytesPerSecond } = wishes;
  const recovered =
    baselineBytesPerSecond === undefined
      ? []
      : [
          gate(
            'tor.bandwidth-recovered',
            'traffic is back',
            { instance, baselineBytesPerSecond, fraction: bandwidthFraction, sampleMs: bandwidthSampleMs },
            bandwidthDeadlineMs,
          ),
        ];
  return [
    ...gates,
    ...recovered,
    gate(
      'tor.no-new-warnings',
      'no new warning in the log',
      { instance, soakMs, knownDays: knownWarningDays },
      soakMs + deadlineMs,
    ),
    ...(wishes.consensusGate ? [listedGate(wishes, consensusDeadlineMs)] : []),
  ];
};

export interface UndoGateWishes extends GateWishes {
  /** What the process had loaded before, where that is known. */
  readonly formerAllocator?: ExpectedAllocator;
}

/**
 * Gates for the former state: it runs, as it was, and the network takes it. Traffic is not waited for; the consensus only in
 * a lab, where it is fresh within seconds: without it the way back would take relays faster than clients follow.
 */
export const planUndoGates = ({ formerAllocator, ...wishes }: UndoGateWishes): GateSpec[] => {
  const { instance, activation, deadlineMs } = wishes;
  if (activation === 'none') return [];
  if (activation === 'reload') return [stableGate(wishes, 'undone-reload')];
  return [
    stableGate(wishes, 'undone-restart'),
    ...(formerAllocator === undefined ? [] : [allocatorGate(instance, formerAllocator, deadlineMs)]),
    gate('tor.bootstrapped', 'bootstrapped', { instance }, deadlineMs),
    gate('tor.descriptor-accepted', 'descriptor accepted after the restart', { instance }, deadlineMs),
    ...(wishes.network === 'lab' ? [listedGate(wishes, deadlineMs)] : []),
  ];
};

/** Seconds that a gate usually takes after tor's start: on the public network, in a lab (measured there). */
const usualSeconds: Readonly<Record<string, { readonly public: number; readonly lab: number }>> = {
  'tor.unit-stable': { public: 0, lab: 0 },
  'tor.bootstrapped': { public: 30, lab: 3 },
  'tor.orport-reachable': { public: 90, lab: 1 },
  'tor.descriptor-accepted': { public: 120, lab: 4 },
  'tor.listed-running': { public: 5_400, lab: 30 },
  'tor.bandwidth-recovered': { public: 600, lab: 10 },
};

/** What a gate is expected to take after the start, for `estimateSeconds`. */
export const expectedGateSeconds = (network: 'public' | 'lab'): ((gate: GateSpec) => number) => {
  return ({ kind, params }) => {
    const soakMs = params.soakMs;
    const soakSeconds = typeof soakMs === 'number' ? soakMs / 1000 : 0;
    return soakSeconds + (usualSeconds[kind]?.[network] ?? 1);
  };
};

/** Seconds that tor takes to end: ShutdownWaitLength, 30 by default (tor(1)); labs set 0. */
export const shutdownSeconds = (network: 'public' | 'lab'): number => (network === 'lab' ? 1 : 30);
