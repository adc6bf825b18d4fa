import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../../stats/random/draw.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import { buildMeasurements, instants } from '../testing/build-measurements.ts';
import { compareOutcomes, outcomeWindow } from './compare-outcomes.ts';
import { outcomesOf } from './templates.ts';

const hour = 3_600_000;
const template = 'live-update-against-restart';

interface Told {
  readonly relays?: number;
  /** Those of the arm `restart` are restarted after so many hours, with 200 connections open. */
  readonly restartAfterHours?: number;
}

/** Five days. A relay is HSDir until it is restarted, and for 96 h not afterwards. */
const experiment = ({ relays = 8, restartAfterHours }: Told) => {
  const random = randomFromSeed('outcomes');
  const atMs = instants(0, hour, 121);
  return buildMeasurements({
    info: { control: 'restart', template, startMs: 0 },
    arms: [{ id: 'restart' }, { id: 'live-update' }],
    relays: ['restart', 'live-update'].flatMap((arm) =>
      Array.from({ length: relays }, (_, index) => {
        const ends = arm === 'restart' && restartAfterHours !== undefined ? restartAfterHours * hour : Infinity;
        const speed = 1e9 * (1 + 0.05 * drawNormal(random));
        return {
          id: `${arm}${index}`,
          arm,
          block: `b${index % 2}`,
          atMs,
          rssKib: atMs.map(() => 1000),
          flags: atMs.map((ms) => ({ atMs: ms, flags: ms < ends ? ['HSDir', 'Running'] : ['Running'] })),
          figures: {
            startedMs: atMs.map((ms) => (ms < ends ? -hour : ends - 1)),
            connections: atMs.map(() => 200),
            writtenBytes: atMs.map((ms) => (speed * (ms < ends ? ms : ms - ends)) / hour),
          },
        };
      }),
    ),
  });
};

const compare = (told: Told) => {
  const measurements = experiment(told);
  const outcomes = compareOutcomes(measurements, outcomesOf(template), {
    window: outcomeWindow(measurements, {}),
    control: 'restart',
    seed: 'e',
  });
  return (id: string, arm: string) => {
    const own = outcomes.find((one) => one.id === id)?.arms.find((one) => one.arm === arm);
    assert.ok(own !== undefined);
    return own;
  };
};

describe('the window of outcomes', () => {
  const windowOf = (beganMs: number, asked: { fromMs?: number } = {}) => {
    const measurements = experiment({ restartAfterHours: 24 });
    return outcomeWindow({ ...measurements, info: { ...measurements.info, beganMs } }, asked);
  };

  it('begins with the first sample of the start, also of a host whose clock is a little behind', () => {
    assert.deepEqual(windowOf(hour + 4_000), { fromMs: hour, toMs: 120 * hour });
    assert.equal(windowOf(hour - 4_000).fromMs, hour - 4_000);
    assert.equal(windowOf(hour + 60_000).fromMs, hour + 60_000);
  });

  it('begins where it is asked to', () => assert.equal(windowOf(hour, { fromMs: 7 }).fromMs, 7));
});

describe('the outcomes of a template', () => {
  it('are measured from the beginning on, where the treatment happens', () => {
    const own = compare({ restartAfterHours: 1 });
    assert.ok(Math.abs((own('hsDirHours', 'restart').mean?.mean ?? 0) - 24 / 120) < 1e-9);
    assert.equal(own('hsDirHours', 'live-update').mean?.mean, 24);
    assert.equal(own('circuitsCut', 'restart').mean?.mean, 200 / 5);
    assert.equal(own('circuitsCut', 'live-update').mean?.mean, 0);
  });

  it('are compared with control, with one error over arms and outcomes', () => {
    const own = compare({ restartAfterHours: 1 });
    const { versusControl } = own('hsDirHours', 'live-update');
    assert.ok(Math.abs((versusControl?.difference?.mean ?? 0) - 23.8) < 1e-9);
    assert.ok((versusControl?.adjustedP ?? 1) < 0.01);
    assert.ok((own('bytesCarried', 'live-update').versusControl?.adjustedP ?? 0) > 0.05);
    assert.equal(own('hsDirHours', 'restart').versusControl, null);
    // A figure of nothing has no ratio.
    assert.equal(own('circuitsCut', 'live-update').versusControl?.ratio, null);
    assert.equal(own('circuitsCut', 'live-update').versusControl?.difference?.mean, -40);
  });

  it('are not told apart where nothing differs', () => {
    const own = compare({});
    assert.equal(own('hsDirHours', 'live-update').versusControl?.difference?.mean, 0);
    for (const id of ['hsDirHours', 'bytesCarried', 'circuitsCut'])
      assert.ok((own(id, 'live-update').versusControl?.adjustedP ?? 0) > 0.05, id);
  });

  it('give no interval of few relays, and say so', () => {
    const own = compare({ relays: 4, restartAfterHours: 1 })('hsDirHours', 'live-update');
    assert.deepEqual([own.relays, own.mean?.low, own.versusControl?.adjustedP], [4, null, null]);
    assert.match(own.limitation ?? '', /fewer than 5 relays/);
  });

  it('say which relays were not measured', () => {
    const measurements = experiment({});
    const flags = measurements.flags.map((own, index) => (index === 0 ? [] : own));
    const [first] = compareOutcomes({ ...measurements, flags }, outcomesOf(template), {
      window: outcomeWindow(measurements, {}),
      control: 'restart',
      seed: 'e',
    });
    assert.match(first?.arms[0]?.limitation ?? '', /^1 of 8 relays were not measured/);
    assert.equal(first?.arms[0]?.relays, 7);
  });

  it('are none without a template, and none of one that a newer version made', () => {
    assert.deepEqual(outcomesOf(undefined), []);
    assert.deepEqual(outcomesOf('of tomorrow'), []);
    assert.deepEqual(outcomesOf('toString'), []);
  });
});
