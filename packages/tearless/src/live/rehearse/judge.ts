// What a rehearsal means for the relay: how long it will stand still, and whether anything broke that did not break by itself. Pure.
import type { PhaseName } from './report.ts';
import type { StreamKind } from './twin-network.ts';

export interface PhaseResult {
  readonly name: PhaseName;
  readonly pauseUs: number;
  readonly retries: number;
}

/** Rehearsed pauses are few, and the longest of few is shorter than the longest of many. */
const margin = 1.5;

/**
 * @param circuits of the twin under load, and of the relay; null where it does not tell
 * @returns the longest pause, more by what came with circuits for as many as the relay has
 */
export const predictPauseUs = (
  phases: readonly PhaseResult[],
  circuits: { readonly twin: number; readonly relay: number | null },
): number => {
  const longest = (isMeant: (name: PhaseName) => boolean): number =>
    Math.max(0, ...phases.filter(({ name }) => isMeant(name)).map(({ pauseUs }) => pauseUs));
  const quiet = longest((name) => name.startsWith('quiet-'));
  const loaded = longest((name) => !name.startsWith('quiet-'));
  const perCircuit = circuits.twin === 0 ? 0 : Math.max(0, loaded - quiet) / circuits.twin;
  const beyond = Math.max(0, (circuits.relay ?? 0) - circuits.twin);
  return Math.round((Math.max(quiet, loaded) + perCircuit * beyond) * margin);
};

export interface StreamResult {
  readonly kind: StreamKind;
  readonly trouble?: string;
  readonly besideTrouble?: string;
}

/** @returns for people; none: it may be done. A network that breaks its streams by itself has proved nothing. */
export const findFailures = (streams: readonly StreamResult[], others: readonly string[]): string[] => [
  ...others,
  ...streams.flatMap(({ kind, trouble, besideTrouble }) => {
    if (besideTrouble !== undefined)
      return [`the ${kind} stream without any update broke (${besideTrouble}): nothing is proved, rehearse again`];
    return trouble === undefined ? [] : [`the ${kind} stream broke: ${trouble}`];
  }),
];
