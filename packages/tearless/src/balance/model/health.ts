// What is heard of a worker, and what is remembered of it. The rules are in ../health.

export type HealthSignal =
  /** The helper beside its tor answers; `isUp` is what it says of the tor and the service behind. */
  | { readonly kind: 'helper-seen'; readonly atMs: number; readonly isUp: boolean; readonly why?: string }
  /** The connection to the helper is gone: nothing is known, until a probe or a descriptor tells. */
  | { readonly kind: 'helper-lost'; readonly atMs: number; readonly why?: string }
  /** A descriptor of its own with introduction points was fetched and verified. */
  | { readonly kind: 'descriptor-seen'; readonly atMs: number; readonly validForMs: number }
  /** A probe through Tor reached it. `path` names the prober. */
  | { readonly kind: 'probe-ok'; readonly atMs: number; readonly path: string }
  | { readonly kind: 'probe-failed'; readonly atMs: number; readonly path: string; readonly why?: string }
  /** A person begins or ends draining. */
  | { readonly kind: 'drain-begun'; readonly atMs: number }
  | { readonly kind: 'drain-ended'; readonly atMs: number };

/** A change of a worker's state, and why, for people. */
export interface HealthEvent {
  readonly kind: 'worker.in' | 'worker.held' | 'worker.out' | 'worker.draining';
  readonly worker: string;
  readonly atMs: number;
  readonly why: string;
}
