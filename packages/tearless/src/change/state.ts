// What a run has come to, as its journal tells it. Values only; fold.ts computes them.
import type { JsonObject, JsonValue } from '../base/json.ts';
import type { Holder } from '../store/holder.ts';
import type { Failure } from './change-error.ts';
import type { RunOutcome } from './event.ts';
import type { Plan } from './plan.ts';

export type StepProgress = 'pending' | 'skipped' | 'intended' | 'done' | 'verified';

export interface StepState {
  readonly progress: StepProgress;
  /** What undo needs; present once it was remembered. */
  readonly memory?: JsonValue;
  readonly evidence?: JsonObject;
  readonly undo: 'none' | 'intended' | 'done';
}

/**
 * `failed`: as it failed, not undone. `undo-failed`: neither here nor there until it is resumed or undone again.
 */
export type ItemPhase = 'pending' | 'running' | 'done' | 'failed' | 'undoing' | 'undo-failed' | 'undone';

export interface ItemState {
  readonly id: string;
  readonly phase: ItemPhase;
  readonly steps: Readonly<Record<string, StepState>>;
  /** Evidence of gates that passed, by gate. */
  readonly gates: Readonly<Record<string, JsonObject>>;
  readonly failure?: Failure;
  /** Its host could not be reached, so what its last step did is not known. */
  readonly unknown: boolean;
}

export interface RunState {
  readonly run: string;
  readonly plan: Plan;
  /** Items that the plan has and this machine does not know, because their hosts have not given them back. */
  readonly missingItems: readonly string[];
  readonly by?: Holder;
  readonly startedMs: number;
  readonly lastMs: number;
  /** What goes back, once anything does: the batch that failed, or the whole run. */
  readonly undo?: { readonly scope: 'batch'; readonly batch: number } | { readonly scope: 'run' };
  /** The failure that stopped it, and the batch that goes back. */
  readonly stopped?: { readonly batch: number; readonly failure: Failure };
  /** How its last session ended; undefined while it runs or when it was killed. */
  readonly outcome?: RunOutcome;
  readonly items: Readonly<Record<string, ItemState>>;
}

export const pendingStep: StepState = { progress: 'pending', undo: 'none' };

export const stepOf = (item: ItemState, step: string): StepState => item.steps[step] ?? pendingStep;

/** Whether the step may have had an effect in this run. */
export const isBegun = (step: StepState): boolean =>
  step.progress === 'intended' || step.progress === 'done' || step.progress === 'verified';

/** Whether the item may be other than before the run. */
export const isTouched = (item: ItemState): boolean => Object.values(item.steps).some(isBegun);
