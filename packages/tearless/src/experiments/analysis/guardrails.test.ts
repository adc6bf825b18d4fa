import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { type BuiltRelay, buildMeasurements, instants } from '../testing/build-measurements.ts';
import { judgeGuardrails } from './guardrails.ts';
import { relaysByArm } from './window.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 0, 10);
const window = { fromMs: start + dayMs, toMs: start + 10 * dayMs };
const random = randomFromSeed('guardrails');

const arm = (
  id: string,
  more: (index: number, atMs: readonly number[]) => Partial<BuiltRelay>,
  relays = 10,
): BuiltRelay[] =>
  Array.from({ length: relays }, (_, index) => {
    const atMs = instants(start, 6 * hourMs, 41);
    return { id: `${id}${index}`, arm: id, atMs, rssKib: atMs.map(() => 1_000), ...more(index, atMs) };
  });

const judge = (treated: readonly BuiltRelay[], control: readonly BuiltRelay[], restarted = false) => {
  const measurements = buildMeasurements({ relays: [...treated, ...control] });
  const [own = [], others = []] = relaysByArm(measurements);
  const side = (relays: typeof own, planned: boolean) => ({ relays, window, restarted: planned });
  const found = judgeGuardrails(measurements, side(own, restarted), side(others, false));
  return (name: string) => found.find((guardrail) => guardrail.name === name);
};

/** Bandwidth of a day, `days` before and after the start, each with its own level. */
const traffic = (level: number, since: number): NonNullable<BuiltRelay['traffic']> =>
  instants(start - 5 * dayMs, dayMs, 12).map((atMs) => ({
    atMs,
    writtenBps: level * (atMs < start ? 1 : since) * (1 + 0.02 * random.uniform()),
  }));
const levels = [1e5, 3e6, 8e5, 2e6, 4e4, 6e6, 9e5, 1e6, 5e5, 7e6];

describe('judgeGuardrails', () => {
  it('is broken by a loss of bandwidth that relays had before, however much they differ', () => {
    const found = judge(
      arm('A', (index) => ({ traffic: traffic(levels[index] ?? 1, 0.8) })),
      arm('Z', (index) => ({ traffic: traffic(levels[9 - index] ?? 1, 1) })),
    )('bandwidth');
    assert.equal(found?.broken, true);
    assert.match(found.message, /relative to that before the start is 0\.80?\d? of control’s/);
  });

  it('is not broken by a loss too small to matter, nor by a gain', () => {
    for (const since of [0.98, 1.4]) {
      const found = judge(
        arm('A', (index) => ({ traffic: traffic(levels[index] ?? 1, since) })),
        arm('Z', (index) => ({ traffic: traffic(levels[index] ?? 1, 1) })),
      )('bandwidth');
      assert.equal(found?.broken, false);
    }
  });

  it('is broken by flags that relays lose, not by those that they never had', () => {
    const seen = (before: readonly string[], since: readonly string[]) => () => ({
      flags: [
        { atMs: start - dayMs, flags: before },
        { atMs: start + 5 * dayMs, flags: since },
      ],
    });
    const control = arm('Z', seen(['Guard', 'HSDir'], ['Guard', 'HSDir']));
    const lost = judge(arm('A', seen(['Guard', 'HSDir'], ['Guard'])), control);
    assert.equal(lost('flag HSDir')?.broken, true);
    assert.equal(lost('flag Guard')?.broken, false);
    const never = judge(arm('A', seen(['Guard'], ['Guard'])), control);
    assert.equal(never('flag HSDir'), undefined);
  });

  it('is broken by restarts that nobody planned', () => {
    const crashing = (index: number, atMs: readonly number[]): Partial<BuiltRelay> => ({
      peakKib: atMs.map((ms) => (index < 8 && ms >= start + 5 * dayMs ? 500 : 1_000)),
    });
    const control = arm('Z', () => ({}));
    assert.equal(judge(arm('A', crashing), control)('crashes')?.broken, true);
    assert.equal(judge(arm('A', crashing), control, true)('crashes'), undefined);
  });

  it('judges processor time, dropped onionskins and emptied queues over restarts of the process', () => {
    const counting = (perSample: number) => (_: number, atMs: readonly number[]) => ({
      figures: {
        cpuSeconds: atMs.map((_, index) => (index % 20) * perSample * (1 + 0.01 * random.uniform())),
        onionskinsDropped: atMs.map(() => 0),
      },
    });
    const found = judge(arm('A', counting(150)), arm('Z', counting(100)));
    assert.equal(found('cpu')?.broken, true);
    assert.match(found('cpu')?.message ?? '', /1\.5\d? of control’s/);
    assert.deepEqual(
      [found('onionskins dropped')?.broken, found('onionskins dropped')?.message],
      [false, 'onionskins dropped: none'],
    );
    assert.equal(found('queues emptied'), undefined);
  });

  it('judges nothing but restarts where nothing beside memory was measured', () => {
    const found = judge(
      arm('A', () => ({})),
      arm('Z', () => ({})),
    );
    assert.equal(found('bandwidth'), undefined);
    assert.deepEqual(found('crashes'), {
      name: 'crashes',
      broken: false,
      adjustedP: 1,
      message: '0 of 10 relays restarted in the window, in control 0 of 10',
    });
  });
});
