// For tests: a plan that somebody may be shown, one item a batch.
import type { Plan } from '../../../../change/plan.ts';

export const samplePlan = (items: Plan['items'], more: Partial<Plan> = {}): Plan => ({
  schema: 'tearless.plan/v1',
  id: 'p1',
  createdAt: '2026-01-01T00:00:00.000Z',
  fleet: 'sample',
  digest: '0'.repeat(64),
  items,
  batches: items.map(({ id }) => [id]),
  maxFail: 0,
  cost: { restarts: 0, lines: [], estimatedSeconds: 1 },
  warnings: [],
  ...more,
});
