// What happens in a run, as a closed union. Durable events are the journal; transient ones are only told to subscribers.
import type { JsonObject, JsonValue } from '../base/json.ts';
import type { Holder } from '../store/holder.ts';
import type { Failure } from './change-error.ts';

export type Direction = 'apply' | 'undo';

/**
 * How a run, or one session of it, ended. `done`, `undone` and `failed-undone` are final: every item is as planned or as
 * before. After `failed` (an undo failed as well) and `interrupted` the run stays open and keeps its locks.
 */
export type RunOutcome = 'done' | 'undone' | 'failed-undone' | 'failed' | 'interrupted';

/** Events of the run as a whole. */
export type RunWideEvent =
  | { readonly kind: 'run.started'; readonly fleet: string; readonly digest: string; readonly by: Holder }
  /** `undo`: the whole run goes back. A failed batch that was going back goes on doing so under `apply`. */
  | { readonly kind: 'run.resumed'; readonly direction: Direction; readonly by: Holder }
  | { readonly kind: 'batch.started'; readonly batch: number; readonly items: readonly string[] }
  | { readonly kind: 'batch.done'; readonly batch: number }
  /** Too many items failed: no further item begins, the batch goes back. */
  | { readonly kind: 'run.stopped'; readonly batch: number; readonly failure: Failure }
  /** From here on things go back: those of a batch, or of the whole run where no batch is named. */
  | { readonly kind: 'undo.started'; readonly batch?: number }
  | { readonly kind: 'run.finished'; readonly outcome: RunOutcome }
  /** Entries that this machine had and the host never got: nothing was done after them, so they do not count. */
  | { readonly kind: 'journal.dropped'; readonly host: string; readonly ids: readonly string[] };

/** Events of one item; they lie on the item's host too. */
export type ItemEvent =
  | { readonly kind: 'item.started'; readonly item: string }
  /** What undoing the item's activations needs, by step: read before the item's first effect. */
  | { readonly kind: 'item.prepared'; readonly item: string; readonly memories: Readonly<Record<string, JsonValue>> }
  /** The host already was as the step wants it. */
  | { readonly kind: 'step.skipped'; readonly item: string; readonly step: string }
  /** About to have an effect; `memory` is what undo needs. An activation's stands in `item.prepared`. */
  | { readonly kind: 'step.intended'; readonly item: string; readonly step: string; readonly memory?: JsonValue }
  | { readonly kind: 'step.done'; readonly item: string; readonly step: string }
  | { readonly kind: 'step.verified'; readonly item: string; readonly step: string; readonly evidence: JsonObject }
  | { readonly kind: 'step.failed'; readonly item: string; readonly step: string; readonly failure: Failure }
  | {
      readonly kind: 'gate.passed';
      readonly item: string;
      readonly gate: string;
      readonly direction: Direction;
      readonly message: string;
      readonly evidence: JsonObject;
    }
  | {
      readonly kind: 'gate.failed';
      readonly item: string;
      readonly gate: string;
      readonly direction: Direction;
      readonly failure: Failure;
      readonly evidence: JsonObject;
    }
  | { readonly kind: 'item.done'; readonly item: string; readonly changed: boolean }
  /** `unknown`: the host could not be reached, so what its last step did is not known yet. */
  | { readonly kind: 'item.failed'; readonly item: string; readonly failure: Failure; readonly unknown: boolean }
  | { readonly kind: 'item.undo-started'; readonly item: string }
  | { readonly kind: 'undo.step-intended'; readonly item: string; readonly step: string }
  | { readonly kind: 'undo.step-done'; readonly item: string; readonly step: string }
  | { readonly kind: 'item.undone'; readonly item: string }
  | { readonly kind: 'item.undo-failed'; readonly item: string; readonly failure: Failure };

export type JournalEvent = RunWideEvent | ItemEvent;

/** Told to subscribers, never written down. */
export type TransientEvent =
  | {
      readonly kind: 'step.started';
      readonly item: string;
      readonly step: string;
      readonly direction: Direction;
      readonly summary: string;
    }
  | {
      readonly kind: 'gate.waiting';
      readonly item: string;
      readonly gate: string;
      readonly direction: Direction;
      readonly message: string;
      readonly evidence: JsonObject;
      readonly remainingMs: number;
    }
  | {
      readonly kind: 'host.unreachable';
      readonly host: string;
      readonly item: string;
      readonly message: string;
      readonly retryInMs: number;
      readonly givingUpInMs: number;
    };

type Told<E> = E extends { readonly kind: 'step.intended' }
  ? Omit<E, 'memory'>
  : E extends { readonly kind: 'item.prepared' }
    ? Omit<E, 'memories'>
    : E;

/** What subscribers are told. Memories stay out: they hold what stood in files before. */
export type RunEvent = Told<JournalEvent> | TransientEvent;

export const tellEvent = (event: JournalEvent): RunEvent => {
  if (event.kind === 'step.intended') return { kind: event.kind, item: event.item, step: event.step };
  if (event.kind === 'item.prepared') return { kind: event.kind, item: event.item };
  return event;
};

export const isItemEvent = (event: JournalEvent): event is ItemEvent => 'item' in event;

/** Whether hosts get it too: what is about their items, and what turns the run. */
export const isForHosts = (event: JournalEvent): boolean =>
  event.kind !== 'batch.started' && event.kind !== 'batch.done' && event.kind !== 'journal.dropped';

/** Outcomes after which nothing is left half done. */
export const isFinalOutcome = (outcome: RunOutcome | undefined): boolean =>
  outcome === 'done' || outcome === 'undone' || outcome === 'failed-undone';
