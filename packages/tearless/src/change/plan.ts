// A change as a value: what will be done, in which order, behind which gates, and what it costs. Serialisable as it is.
import type { JsonObject } from '../base/json.ts';

/** `+` create, `~` change, `-` remove, `!` restarts or interrupts. */
export type PlanSymbol = '+' | '~' | '-' | '!';

/** One step of an item. `kind` names the code that checks, does, verifies and undoes it. */
export interface StepSpec {
  /** Unique within its item. */
  readonly id: string;
  readonly kind: string;
  readonly symbol: PlanSymbol;
  /** For people: `write drop-in /etc/systemd/system/tor@a.service.d/50-tearless-allocator.conf`. */
  readonly summary: string;
  /** Lines of a unified diff or other detail, shown on request. */
  readonly detail?: readonly string[];
  readonly params: JsonObject;
}

/** A condition that must hold before the run goes on. */
export interface GateSpec {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly params: JsonObject;
  readonly deadlineMs: number;
}

/** What rolls as one: a relay with its steps and gates, or a host's preparation. */
export interface ChangeItem {
  /** `host/relay`, unique within the plan. */
  readonly id: string;
  readonly subject: string;
  readonly host: string;
  readonly steps: readonly StepSpec[];
  readonly gates: readonly GateSpec[];
  /** Gates after this item was undone: they hold for the former state. */
  readonly undoGates: readonly GateSpec[];
}

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly subjects: readonly string[];
}

export interface PlanCost {
  readonly restarts: number;
  /** Sentences for people: `3 lose HSDir for 96 h`. */
  readonly lines: readonly string[];
  readonly estimatedSeconds: number;
}

export interface Plan {
  readonly schema: 'tearless.plan/v1';
  readonly id: string;
  readonly createdAt: string;
  /** The fleet's name: the lock is per fleet. */
  readonly fleet: string;
  /** What it was asked for with, beyond the configuration: planning anew with the same tells whether it is stale. */
  readonly request?: JsonObject;
  /** SHA-256 of the canonical fleet, items, batches and limit: what `apply FILE` compares with a plan made now. */
  readonly digest: string;
  readonly items: readonly ChangeItem[];
  /** Item ids, batch after batch; every item stands in exactly one. */
  readonly batches: readonly (readonly string[])[];
  /** How many items may fail before the run stops; 0 stops at the first. */
  readonly maxFail: number;
  readonly cost: PlanCost;
  readonly warnings: readonly Warning[];
}
