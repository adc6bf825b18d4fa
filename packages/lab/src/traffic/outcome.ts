// What became of a request, decided from what happened to its attempts and from the restarts that were planned. Pure: the
// definition of "failed" is here and nowhere else.
import { isPlanned, noticeMs, type RestartWindow } from './restart-windows.ts';

/** A request is short and is asked again when its circuit breaks; a download is long, held open, and not continued. */
export type TrafficForm = 'request' | 'download';

/** Through an onion service, or through an exit. */
export type TrafficKind = 'onion' | 'exit';

export type AttemptEvent = {
  atMs: number;
  event:
    | 'circuit-failed'
    | 'stream-failed'
    /** tor said that the stream is open: from here on an end without the whole body is a cut. */
    | 'stream-connected'
    | 'stream-cut'
    | 'body-complete'
    | 'body-corrupt'
    /** Open, but without a byte for so long that nobody waits any more. */
    | 'stream-silent'
    /** The oracle's patience with this attempt is over. */
    | 'gave-up'
    /** The oracle was stopped. */
    | 'stopped';
  /** Of a cut or a silence: when the stream last showed life. It broke between then and `atMs`, when that was noticed. */
  aliveMs?: number;
  /** tor's own words, or ours. */
  reason?: string;
};

export type Attempt = {
  events: readonly AttemptEvent[];
  /** Fingerprints of the client's circuit, as CIRC events gave them; empty before there was one. */
  clientPath: readonly string[];
  /** Fingerprints of the onion service's circuit to the rendezvous point, when it is known. */
  servicePath?: readonly string[];
};

export type RequestTrace = { form: TrafficForm; startedMs: number; attempts: readonly Attempt[] };

export type Outcome = 'ok' | 'failed' | 'cut-by-planned-restart' | 'stopped' | 'not-counted';

export type Verdict = { outcome: Outcome; reason?: string };

/** Who has no answer after this time failed. */
export const answerWithinMs = 60_000;

export const pathOf = ({ clientPath, servicePath }: Attempt): string[] => [...clientPath, ...(servicePath ?? [])];

type AttemptEnd =
  | { end: 'answered'; atMs: number }
  | { end: 'corrupt' | 'cut'; reason: string }
  | { end: 'cut-by-restart' | 'stopped' | 'no-answer' };

const endOf = (attempt: Attempt, windows: readonly RestartWindow[]): AttemptEnd => {
  let connected = false;
  for (const { event, atMs, aliveMs = atMs, reason } of attempt.events) {
    if (event === 'stream-connected') connected = true;
    if (event === 'body-complete') return { end: 'answered', atMs };
    if (event === 'body-corrupt') return { end: 'corrupt', reason: reason ?? 'the body differs' };
    if (event === 'stopped') return { end: 'stopped' };
    if (event === 'stream-cut' && connected) {
      if (isPlanned(windows, pathOf(attempt), aliveMs, atMs)) return { end: 'cut-by-restart' };
      return {
        end: 'cut',
        reason: `cut while no relay of its circuit was restarting (${reason ?? 'no reason given'})`,
      };
    }
    // It ended when it fell silent: what restarts while nobody gets anything any more does not excuse it.
    if (event === 'stream-silent' && isPlanned(windows, pathOf(attempt), aliveMs, aliveMs + noticeMs))
      return { end: 'cut-by-restart' };
  }
  return { end: 'no-answer' };
};

/** True when no further attempt can change what becomes of the request. */
export const isDecided = (form: TrafficForm, attempt: Attempt, windows: readonly RestartWindow[]): boolean => {
  const { end } = endOf(attempt, windows);
  if (end === 'answered' || end === 'corrupt' || end === 'cut') return true;
  return form === 'download' && attempt.events.some(({ event }) => event === 'stream-connected');
};

/**
 * - `failed`: no answer within 60 s, a body that differs, or a cut while no relay of its circuit was restarting
 * - `cut-by-planned-restart`: a download cut, or silent from then on, while a relay of its circuit was restarting; a request
 *   is asked again instead
 * - `stopped`: the oracle ended before the answer did
 * - `not-counted`: no relay of the fleet was on any of its circuits, so it says nothing about the fleet
 */
export const judge = (
  { form, startedMs, attempts }: RequestTrace,
  windows: readonly RestartWindow[],
  fleet: ReadonlySet<string>,
): Verdict => {
  const paths = attempts.map(pathOf).filter((path) => path.length > 0);
  if (paths.length > 0 && !paths.some((path) => path.some((hop) => fleet.has(hop)))) return { outcome: 'not-counted' };
  const ends = attempts.map((attempt) => endOf(attempt, windows));
  for (const end of ends) {
    if (end.end === 'corrupt' || end.end === 'cut') return { outcome: 'failed', reason: end.reason };
  }
  const last = ends.at(-1);
  if (last?.end === 'answered') {
    if (form === 'download' || last.atMs - startedMs <= answerWithinMs) return { outcome: 'ok' };
    return { outcome: 'failed', reason: 'answered after more than 60 s' };
  }
  if (last?.end === 'stopped') return { outcome: 'stopped' };
  if (last?.end === 'cut-by-restart' && form === 'download') return { outcome: 'cut-by-planned-restart' };
  const lastReason = attempts.at(-1)?.events.at(-1)?.reason;
  return { outcome: 'failed', reason: `no answer within 60 s${lastReason === undefined ? '' : ` (${lastReason})`}` };
};
