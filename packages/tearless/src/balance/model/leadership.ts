// Which of several balancers of the same frontends publishes. All learn; one leads.

export type LeaderState =
  /** This process leads, and may publish until then. Of another term than before: another may have led in between. */
  | { readonly kind: 'leading'; readonly untilMs: number; readonly term: number }
  /** Another one may lead: this one has not been able to publish for a while. */
  | { readonly kind: 'aside' }
  /** Another one leads. */
  | { readonly kind: 'standby'; readonly leader: string }
  /** What decides about it is out of reach; this process goes on until then, or does not lead (null). */
  | { readonly kind: 'unreachable'; readonly why: string; readonly untilMs: number | null };

export interface Leadership {
  /**
   * Whether this process leads at this instant, by a clock that nobody sets and that goes on while the process is stopped.
   * Asked right before anything goes to a directory: timers and `listen` may come late, this does not.
   */
  leads(): boolean;
  /** Whether this process could publish if it led. One that cannot for a while lets others lead; at first it cannot. */
  offer(canPublish: boolean): void;
  /** Takes part until aborted, and tells each change. Never rejects for what the other side does. `listen` returns at once. */
  follow(listen: (state: LeaderState) => void, signal: AbortSignal): Promise<void>;
}
