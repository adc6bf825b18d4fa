// When changes are published: after a while in which more of them may come, so that one publication serves all. The loss of a
// worker does not wait, for clients fail meanwhile.

export interface PendingChange {
  readonly kind:
    | 'worker-lost'
    | 'worker-joined'
    | 'worker-draining'
    | 'points-changed'
    | 'directories-changed'
    | 'settings-changed'
    | 'rotation';
  readonly atMs: number;
}

/** How long changes are gathered. */
export const gatherMs = 30_000;

/** When all these changes are to be published together; null when there are none. A later change never puts it off. */
export const dueAt = (changes: readonly PendingChange[], waitMs = gatherMs): number | null =>
  changes.length === 0
    ? null
    : Math.min(...changes.map(({ kind, atMs }) => (kind === 'worker-lost' ? atMs : atMs + waitMs)));
