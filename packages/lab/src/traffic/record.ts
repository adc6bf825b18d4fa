// What the oracle remembers of each request: one line of JSON in its file. Pure.
import { type Attempt, type Outcome, pathOf, type TrafficForm, type TrafficKind } from './outcome.ts';

export type TrafficRecord = {
  schema: 'tearless.lab-traffic/v1';
  id: string;
  form: TrafficForm;
  kind: TrafficKind;
  /** Milliseconds since the Unix epoch. */
  startMs: number;
  endMs: number;
  outcome: Outcome;
  reason?: string;
  attempts: RecordedAttempt[];
  /** Fingerprints of the relays of the fleet that its attempts went through. */
  fleetRelays: string[];
  /** Fingerprints of the relays that were restarting at some time between start and end, on its path or not. */
  restarting: string[];
  receivedBytes: number;
};

export type RecordedAttempt = {
  /** Fingerprints, the client's guard first. */
  clientPath: string[];
  /** Fingerprints of the onion service's half, its guard first. */
  servicePath?: string[];
  /** What happened, in order: `stream-connected`, `stream-cut: closed after 7 of 9 bytes`. */
  events: { atMs: number; event: string; reason?: string }[];
};

export const recordAttempt = ({ clientPath, servicePath, events }: Attempt): RecordedAttempt => ({
  clientPath: [...clientPath],
  ...(servicePath === undefined ? {} : { servicePath: [...servicePath] }),
  events: [...events],
});

export const fleetOf = (attempts: readonly Attempt[], fleet: ReadonlySet<string>): string[] => [
  ...new Set(attempts.flatMap(pathOf).filter((hop) => fleet.has(hop))),
];

/** True when the request was under way at some time between two moments. */
export const isDuring = ({ startMs, endMs }: TrafficRecord, fromMs: number, toMs: number): boolean =>
  startMs <= toMs && endMs >= fromMs;
