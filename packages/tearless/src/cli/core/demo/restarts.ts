// Restarts as the events of runs tell them: when each began, when the relay was back, when its gates had passed.
import type { RunEvent } from '../../../change/event.ts';

export interface Restart {
  readonly relay: string;
  /** `loads mimalloc`, `goes back`. */
  readonly why: string;
  readonly fromMs: number;
  /** Bootstrapped again; undefined while it is not. */
  toMs: number | undefined;
  gatesPassedMs: number | undefined;
}

export interface RestartWatch {
  readonly restarts: readonly Restart[];
  onEvent(event: RunEvent, atMs: number): void;
}

/** @param told called when a restart begins and when it is over */
export const watchRestarts = (told: {
  begun(relay: string, atMs: number): void;
  over(relay: string, atMs: number): void;
}): RestartWatch => {
  const restarts: Restart[] = [];
  const open = (relay: string) => restarts.findLast((restart) => restart.relay === relay);
  return {
    restarts,
    onEvent(event, atMs) {
      if (event.kind === 'step.started' && event.step === 'restart') {
        const former = open(event.item);
        // One that never came back before the next began: it was down until then.
        if (former !== undefined) former.toMs ??= atMs;
        const why = event.direction === 'undo' ? 'goes back' : (event.summary.split(': ')[1] ?? 'restarts');
        restarts.push({ relay: event.item, why, fromMs: atMs, toMs: undefined, gatesPassedMs: undefined });
        told.begun(event.item, atMs);
      }
      if (event.kind === 'gate.passed' && event.gate === 'bootstrapped') {
        const restart = open(event.item);
        if (restart !== undefined && restart.toMs === undefined) {
          restart.toMs = atMs;
          told.over(event.item, atMs);
        }
      }
      if (event.kind === 'item.done' || event.kind === 'item.undone') {
        const restart = open(event.item);
        if (restart !== undefined) restart.gatesPassedMs ??= atMs;
      }
    },
  };
};
