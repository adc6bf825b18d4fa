// What a plan shall do to relays besides what the configuration says: leavings taken away, restarts for their own sake, an order.
// Features hand it to the planning of a fleet; it knows nothing of why.
import type { ChangeItem } from '../change/plan.ts';

/** A drop-in that goes, or stays with fewer lines. Files of others may be named: the plan shows them, and a person agrees. */
export interface ReplacedFile {
  readonly path: string;
  /** The new text; null removes the file. */
  readonly text: string | null;
  /** For people, behind the step's words: `of experiment 2025-12-26-…: sets LD_PRELOAD as arm A does`. */
  readonly why: string;
}

export interface RelayExtra {
  readonly dropIns?: readonly ReplacedFile[];
  /** torrc options that shall go, unless the configuration declares them for this relay. */
  readonly forgetOptions?: readonly string[];
  /** torrc options that shall be again what they were, by name, unless the configuration declares them. */
  readonly restoreOptions?: ReadonlyMap<string, readonly string[]>;
  /** Restarts also when nothing else asks for it: the reason, for people. */
  readonly restart?: string;
}

export interface FleetExtras {
  /** By `host/relay`. */
  readonly relays: ReadonlyMap<string, RelayExtra>;
  /** Items of hosts that come before any relay changes, and after all have. */
  readonly before?: readonly ChangeItem[];
  readonly after?: readonly ChangeItem[];
  /** Relays in the order in which they shall change; those that it does not name come behind. */
  readonly order?: readonly string[];
}

export const noExtras: FleetExtras = { relays: new Map() };
