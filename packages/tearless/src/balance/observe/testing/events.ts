// Events of a balancer that does not run.
import type { BalanceEvent, StandingRound } from '../../run/event.ts';

export const service = 'mjb6ztrcjwzn7ct7sbrvuhf4gamlrpy4dlufngjtiskhjdefzs3q74yd.onion';

/** Frontend opened with these workers, of which nothing is known. */
export const opened = (addresses: readonly string[], frontend = service): BalanceEvent => ({
  kind: 'frontend.opened',
  frontend,
  workers: addresses.map((address, index) => ({
    worker: `w${index + 1}`,
    address,
    state: 'out',
    points: 0,
    learntAtMs: null,
  })),
});

export const standing = (changes: Partial<StandingRound> = {}): StandingRound => ({
  frontend: service,
  period: 100,
  isFetched: true,
  publishedMs: 0,
  nextMs: 3_600_000,
  directories: 8,
  failed: 0,
  points: 24,
  bodies: 6,
  ...changes,
});

export const published = (
  changes: Partial<Extract<BalanceEvent, { kind: 'round.published' }>> = {},
): Extract<BalanceEvent, { kind: 'round.published' }> => ({
  kind: 'round.published',
  ...standing(),
  revisionCounter: '7',
  why: 'test',
  uploads: { verified: 8, uploaded: 0, failed: 0 },
  buildMs: 12,
  ...changes,
});
