// When changes are published: after a while in which more of them may come, so that one publication serves all. The loss of a
// worker does not wait, for clients fail meanwhile.

export interface PendingChange {
  readonly kind:
    | 'worker-lost'
    | 'worker-joined'
    | 'worker-draining'
    | 'points-changed'
    /** It has none of the points any more that it had. */
    | 'points-replaced'
    | 'directories-changed'
    | 'settings-changed'
    | 'rotation';
  readonly atMs: number;
}

/** Clients fail meanwhile: it does not wait for others. */
export const isUrgent = ({ kind }: PendingChange): boolean => kind === 'worker-lost' || kind === 'points-replaced';

/** How long changes are gathered. */
export const gatherMs = 30_000;

/** When all these changes are to be published together; null when there are none. A later change never puts it off. */
export const dueAt = (changes: readonly PendingChange[], waitMs = gatherMs): number | null =>
  changes.length === 0
    ? null
    : Math.min(...changes.map((change) => (isUrgent(change) ? change.atMs : change.atMs + waitMs)));
