import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { type BuiltRelay, buildMeasurements, instants } from '../testing/build-measurements.ts';
import { chooseWindow } from './window.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 0, 1);
const random = randomFromSeed('window');

/** Relays of one arm, sampled every 3 hours for `days`, whose memory in KiB is `shape` of the hours since the start. */
const relaysOf = (
  arm: string,
  shape: (hours: number) => number,
  { days = 10, relays = 8, more = {} }: { days?: number; relays?: number; more?: Partial<BuiltRelay> } = {},
): BuiltRelay[] => {
  const atMs = instants(start, 3 * hourMs, 8 * days + 1);
  return Array.from({ length: relays }, (_, index) => {
    const level = 1_000_000 + 10_000 * random.uniform();
    const rssKib = atMs.map((ms) => Math.round(level * shape((ms - start) / hourMs) * (1 + 0.002 * random.uniform())));
    return { id: `${arm}${index}`, arm, atMs, rssKib, ...more };
  });
};
const flat = () => 1;
const grown = (hours: number) => 1 - 0.8 * Math.exp(-hours / 12);
const sawtooth = (hours: number) => 0.3 + (0.7 * (hours % 48)) / 48;
/** What the process of the sawtooth had at most since its last restart. */
const sawtoothPeaks = (relays: readonly BuiltRelay[]): BuiltRelay[] =>
  relays.map((relay) => ({ ...relay, peakKib: relay.rssKib }));
const hoursOf = (ms: number) => (ms - start) / hourMs;

describe('chooseWindow', () => {
  it('takes all of the time where no arm grows faster at first', () => {
    const window = chooseWindow(buildMeasurements({ relays: [...relaysOf('A', flat), ...relaysOf('Z', flat)] }));
    assert.deepEqual([hoursOf(window.fromMs), hoursOf(window.toMs)], [0, 240]);
    assert.match(window.how, /no arm is shown to grow faster/);
    assert.deepEqual(
      window.arms.map((arm) => arm?.why),
      [undefined, undefined],
    );
  });

  it('starts when the last arm has settled', () => {
    const { fromMs, how } = chooseWindow(
      buildMeasurements({ relays: [...relaysOf('A', grown), ...relaysOf('Z', flat)] }),
    );
    assert.ok(hoursOf(fromMs) > 24 && hoursOf(fromMs) < 72, `${hoursOf(fromMs)}`);
    assert.match(how, /last arm \(A\) had settled/);
  });

  it('takes a rise that all relays share, but that is too small to matter, for no warm-up', () => {
    const swing = (hours: number) => 1 - 0.03 * Math.exp(-hours / 12);
    const relays = [...relaysOf('A', swing), ...relaysOf('Z', flat)];
    const { fromMs, how } = chooseWindow(buildMeasurements({ relays }));
    assert.equal(fromMs, start);
    assert.match(how, /no arm is shown to grow faster at first/);
  });

  it('says that an arm slows down where it does not settle', () => {
    const slowing = (hours: number) => 1 - 0.8 * Math.exp(-hours / 12) + hours / 480;
    const { fromMs, how } = chooseWindow(
      buildMeasurements({ relays: [...relaysOf('A', slowing), ...relaysOf('Z', flat)] }),
    );
    assert.ok(fromMs > start);
    assert.match(how, /last arm \(A\) had slowed down in its growth/);
  });

  it('holds whole cycles of an arm whose restarts it finds', () => {
    const relays = [...sawtoothPeaks(relaysOf('F', sawtooth, { days: 11 })), ...relaysOf('Z', flat, { days: 11 })];
    const window = chooseWindow(buildMeasurements({ relays }));
    assert.deepEqual([hoursOf(window.fromMs), hoursOf(window.toMs)], [24, 264]);
    assert.deepEqual(window.arms[0]?.cycle, { periodMs: 2 * dayMs, how: 'restarts' });
  });

  it('gives an arm its own whole cycles where a start is asked for', () => {
    const relays = [...relaysOf('F', flat), ...relaysOf('Z', flat)];
    const arms = [{ id: 'F', config: { restart_interval: '72h' } }, { id: 'Z' }];
    const window = chooseWindow(buildMeasurements({ arms, relays }), { fromMs: start + dayMs });
    assert.equal(hoursOf(window.fromMs), 24);
    const [restarted, control] = window.arms;
    assert.deepEqual([hoursOf(restarted?.fromMs ?? 0), hoursOf(restarted?.toMs ?? 0)], [24, 240]);
    assert.equal(restarted?.why, undefined);
    assert.equal(control?.why, undefined);
    const later = chooseWindow(buildMeasurements({ arms, relays }), { fromMs: start + 2 * dayMs });
    assert.deepEqual(hoursOf(later.arms[0]?.fromMs ?? 0), 96);
    assert.match(later.arms[0]?.why ?? '', /whole cycles of 3 days/);
  });

  it('gives a late arm its own time, from its first labelled row', () => {
    const late = relaysOf('I', flat).map((relay) => ({
      ...relay,
      labels: relay.atMs.map((ms) => (ms < start + 5 * dayMs ? undefined : 'I')),
    }));
    const window = chooseWindow(buildMeasurements({ relays: [...late, ...relaysOf('Z', flat)] }));
    assert.equal(hoursOf(window.fromMs), 0);
    assert.deepEqual(
      window.arms.map((arm) => arm && [arm.late, hoursOf(arm.fromMs)]),
      [
        [true, 120],
        [false, 0],
      ],
    );
  });

  it('starts with control, however late that came', () => {
    const control = relaysOf('Z', flat).map((relay) => ({
      ...relay,
      labels: relay.atMs.map((ms) => (ms < start + 4 * dayMs ? undefined : 'Z')),
    }));
    const window = chooseWindow(buildMeasurements({ relays: [...relaysOf('A', flat), ...control] }));
    assert.deepEqual(
      window.arms.map((arm) => arm && [arm.late, hoursOf(arm.fromMs)]),
      [
        [false, 96],
        [false, 96],
      ],
    );
  });

  it('ends the window of an arm that was given up with its samples', () => {
    const given = relaysOf('A', flat, { days: 6 });
    const window = chooseWindow(buildMeasurements({ relays: [...given, ...relaysOf('Z', flat)] }));
    const [arm, control] = window.arms;
    assert.deepEqual([hoursOf(arm?.toMs ?? 0), hoursOf(control?.toMs ?? 0)], [144, 240]);
    assert.match(arm?.why ?? '', /measured only until 2026-01-07 00:00 UTC/);
  });

  it('refuses a window without samples, arms without samples, and no arms', () => {
    const measured = buildMeasurements({ relays: relaysOf('Z', flat) });
    assert.throws(() => chooseWindow(measured, { fromMs: start + 30 * dayMs }), {
      code: 'experiment-window-empty',
      hint: /2026-01-01 00:00 UTC to 2026-01-11 00:00 UTC/,
    });
    assert.throws(() => chooseWindow(measured, { fromMs: start + dayMs, toMs: start }), {
      code: 'experiment-window-empty',
    });
    assert.throws(() => chooseWindow(buildMeasurements({ arms: [{ id: 'Z' }], relays: [] })), {
      code: 'experiment-no-samples',
    });
    assert.throws(() => chooseWindow(buildMeasurements({ arms: [], relays: [] })), { code: 'experiment-no-arms' });
  });

  it('makes do with a single instant', () => {
    const relays = [{ id: 'a', arm: 'Z', atMs: [start], rssKib: [5] }];
    const window = chooseWindow(buildMeasurements({ relays }));
    assert.deepEqual([window.fromMs, window.toMs], [start, start]);
  });
});
