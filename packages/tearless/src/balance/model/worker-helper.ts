// What the balancer needs of a helper beside a worker's tor. How it is reached is no business of this floor.

export type HelperHeard =
  /** The worker's own current descriptor, as its tor gave it: not verified yet. */
  | { readonly kind: 'descriptor'; readonly atMs: number; readonly text: string }
  /** The worker's tor, and the service behind where that is looked at, are well. */
  | { readonly kind: 'up'; readonly atMs: number }
  /** The worker's tor, or the service behind it, is gone: for certain. */
  | { readonly kind: 'down'; readonly atMs: number; readonly why: string }
  /** The way to the helper is gone: nothing is known. */
  | { readonly kind: 'lost'; readonly atMs: number; readonly why: string };

export interface WorkerHelper {
  /** Runs until aborted and reconnects by itself; never rejects for what a host does. `hear` returns at once. */
  follow(hear: (heard: HelperHeard) => void, signal: AbortSignal): Promise<void>;
}
