// What scene `live` proved and what not, from what was seen. Pure.
import type { TrafficSummary } from '@tearless/lab/traffic/summary.ts';
import { formatDuration } from '../../../report/format.ts';
import type { SceneResult } from './scene.ts';

/** So many requests at least make the scene tell something. */
const leastRequests = 50;

export interface LiveChange {
  readonly what: string;
  /** What tor said of itself afterwards, on the control connection that was open before all of them. */
  readonly version: string;
  /** What it should say. */
  readonly wanted: string;
  readonly pauseMs: number;
  readonly atMs: number;
}

export interface LiveEvidence {
  /** Making the builds; nothing when they were there. */
  readonly setUpSeconds: number;
  readonly changes: readonly LiveChange[];
  readonly summary: Pick<TrafficSummary, 'requests' | 'streams'>;
  readonly failures: readonly string[];
  /** Streams that were held open all the time, and circuits that carried them. */
  readonly held: { readonly streams: number; readonly circuits: number };
  /** Of those, after all changes. */
  readonly kept: { readonly streams: number; readonly circuits: number };
  readonly samePid: boolean;
  /** The same relay, restarted in the ordinary way. */
  readonly restart: {
    readonly streamsLost: number;
    readonly circuitsLost: number;
    readonly secondsWithoutService: number;
  };
  readonly reportPath: string;
}

export interface Proof {
  readonly holds: boolean;
  readonly text: string;
}

export const judgeLiveScene = (evidence: LiveEvidence): { proofs: readonly Proof[]; result: SceneResult } => {
  const { changes, summary, held, kept, restart, setUpSeconds, samePid } = evidence;
  const { requests, streams } = summary;
  const pausesMs = changes.map(({ pauseMs }) => pauseMs);
  const right = changes.filter(({ version, wanted }) => version === wanted).length;
  const lostStreams = held.streams - kept.streams;
  const proofs: Proof[] = [
    {
      holds: changes.length > 0 && right === changes.length && samePid,
      text: `${right} of ${changes.length} changes of code took effect in one process, told on a control connection that stayed open`,
    },
    {
      holds: held.streams > 0 && lostStreams === 0 && kept.circuits === held.circuits,
      text: `${kept.streams} of ${held.streams} streams over ${kept.circuits} of ${held.circuits} circuits were open before the first and after the last, every byte in its place`,
    },
    {
      holds: requests.sent >= leastRequests && requests.failed === 0 && streams.cut + streams.failed === 0,
      text: `${requests.sent} requests and ${streams.opened} downloads went through the relay meanwhile, ${requests.failed + streams.failed + streams.cut} failed`,
    },
    {
      holds: restart.streamsLost > 0,
      text: `an ordinary restart of the same relay cut ${restart.streamsLost} streams and ${restart.circuitsLost} circuits`,
    },
  ];
  const result: SceneResult = {
    name: 'live',
    requests: { sent: requests.sent, failed: requests.failed },
    streams: { opened: streams.opened + held.streams, cut: streams.cut + lostStreams },
    facts: {
      setUpSeconds,
      pausesMs,
      circuitsKept: kept.circuits,
      streamsKept: kept.streams,
      restart: { ...restart },
    },
    broken: [...proofs.filter(({ holds }) => !holds).map(({ text }) => text), ...evidence.failures],
    summary: [
      `a relay in use took the code of two versions and went back; it stood still for ${pausesMs.map((ms) => `${ms} ms`).join(', ')}`,
      `${kept.streams} streams over ${kept.circuits} circuits stayed; ${requests.sent} requests, ${requests.failed} failed`,
      `its restart cut ${restart.streamsLost} streams and ${restart.circuitsLost} circuits, and it served again after ${formatDuration(restart.secondsWithoutService * 1000)}`,
      'what a live update keeps: circuits, streams, links, HSDir; Stable and Guard do not hang on a short restart',
      ...(setUpSeconds > 0 ? [`the builds took ${formatDuration(setUpSeconds * 1000)} beforehand`] : []),
      `report: ${evidence.reportPath}`,
    ],
  };
  return { proofs, result };
};
