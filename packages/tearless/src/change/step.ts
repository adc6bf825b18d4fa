// What the code behind a step or a gate looks like. Features register kinds; the engine knows nothing else of them.
import type { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import type { Host } from '../host/host.ts';

export interface StepContext {
  readonly host: Host;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Which run this is: marks what it leaves on the host. */
  readonly run: string;
}

/**
 * A kind of step. `state` steps change what lies on the host and restore it when undone; `activate` steps make a
 * running daemon take the state up (daemon-reload, restart). An item is undone by restoring its states in reverse order
 * and then undoing its activations, in their own order.
 *
 * Every method may be called again after an interruption at any point of it, also by another process on another machine,
 * which knows only the parameters and the memory.
 */
export interface StepKind<P extends JsonObject, M extends JsonValue> {
  readonly kind: string;
  readonly role: 'state' | 'activate';
  readonly params: z.ZodType<P>;
  readonly memory: z.ZodType<M>;
  /**
   * True when the host already is as the step wants it: nothing will be done. Reads only. An activation is done all the same
   * once its item has changed something.
   */
  check(context: StepContext, params: P): Promise<boolean>;
  /**
   * Reads what undo needs; journalled here and on the host before `do`. Throws when the world is not as planned.
   * A `state` step remembers just before its own effect; all activations of an item remember before the item's first
   * effect, so that they see the daemon as it was (its main PID and start, say).
   */
  remember(context: StepContext, params: P): Promise<M>;
  /** The effect. */
  do(context: StepContext, params: P, memory: M): Promise<void>;
  /** Proves the effect on the host; gives the evidence for the journal or throws `refused`. */
  verify(context: StepContext, params: P, memory: M): Promise<JsonObject>;
  /**
   * `state`: restores; nothing to do where the former state stands already.
   * `activate`: makes the daemon take the restored state up. Also called when `do` was never reached, because someone
   * else may have activated the state meanwhile: leave a daemon alone that the memory shows never left its former state.
   */
  undo(context: StepContext, params: P, memory: M): Promise<void>;
  /** Asked when a plan is made: throws `refused` where the host would not let `do` happen. Reads only. */
  mayDo?(context: StepContext, params: P): Promise<void>;
  /**
   * Asked of every step before a run goes back at all: throws `refused` where what others did since keeps this one from going
   * back, although all that the run itself did goes back with it. Reads only.
   */
  mayUndo?(context: StepContext, params: P, memory: M): Promise<void>;
}

export interface GateReading {
  readonly state: 'passed' | 'waiting' | 'failed';
  /** For people: `waits for a consensus that lists the descriptor of 14:02:11`. */
  readonly message: string;
  readonly evidence: JsonObject;
}

/** A kind of gate: read again and again until it passes, fails for good, or its deadline ends. Reads only. */
export interface GateKind<P extends JsonObject> {
  readonly kind: string;
  readonly params: z.ZodType<P>;
  read(context: StepContext, params: P): Promise<GateReading>;
}

/** A kind among others: what its parameters and its memory are, only its own schemas tell; registry.ts asks them first. */
export type AnyStepKind = StepKind<JsonObject, JsonValue>;
export type AnyGateKind = GateKind<JsonObject>;

/** All kinds that a run may meet, by name. */
export interface KindRegistry {
  readonly steps: ReadonlyMap<string, AnyStepKind>;
  readonly gates: ReadonlyMap<string, AnyGateKind>;
}
