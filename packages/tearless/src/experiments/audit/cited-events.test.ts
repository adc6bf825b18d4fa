import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExperimentEvent } from '../model/measurements.ts';
import { buildMeasurements } from '../testing/build-measurements.ts';
import { auditMeasurements } from './audit.ts';
import type { Finding } from './finding.ts';
import { count, dayMs, everyMs, hourMs, plainExperiment, restartedAt, startMs } from './testing/plain-experiment.ts';

const event = (override: Partial<ExperimentEvent>): ExperimentEvent => ({
  atMs: startMs + everyMs,
  kind: 'restart',
  text: '',
  relays: [],
  zoned: true,
  ...override,
});
const unequal = plainExperiment((relay) => (relay.arm === 'A' ? restartedAt(relay, 2) : {}));
const late = plainExperiment((relay) =>
  relay.arm === 'A' ? { labels: Array.from({ length: count }, (_, sample) => (sample < 20 ? undefined : 'A')) } : {},
);
const inArmA = unequal.relays.filter(({ arm }) => arm === 'A').map(({ id }) => id);

const found = (experiment: typeof unequal, code: string, events: readonly ExperimentEvent[]): Finding =>
  auditMeasurements(buildMeasurements({ ...experiment, events }), { permutations: 999 }).find(
    (finding) => finding.code === code,
  ) ?? assert.fail(`no ${code}`);

describe('what was written down at the time', () => {
  it('stands with the unequal start that it explains', () => {
    const { message, evidence } = found(unequal, 'unequal-start', [event({ text: 'arm A with mimalloc' })]);
    assert.match(message, /Written down: 2026-01-01 06:00 UTC restart, ‘arm A with mimalloc’\.$/);
    assert.deepEqual(evidence.events, [{ at: '2026-01-01T06:00:00Z', kind: 'restart', text: 'arm A with mimalloc' }]);
  });

  it('stands with relays that came to an arm late', () => {
    const added = event({
      atMs: startMs + 20 * everyMs - hourMs,
      kind: 'arm-added',
      text: 'A',
      relays: inArmA.slice(0, 1),
    });
    assert.match(found(late, 'arm-changed', [added]).message, /Written down: 2026-01-05 23:00 UTC arm-added, ‘A’\.$/);
  });

  for (const [what, other] of [
    ['days away', event({ atMs: startMs + 5 * dayMs })],
    ['about other relays', event({ relays: ['relay999'] })],
    ['about something else', event({ kind: 'note', text: 'disk replaced' })],
  ] as const)
    it(`is not cited where it is ${what}`, () => {
      const { message, evidence } = found(unequal, 'unequal-start', [other]);
      assert.doesNotMatch(message, /Written down/);
      assert.equal('events' in evidence, false);
    });
});
