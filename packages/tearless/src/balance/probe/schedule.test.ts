import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { randomFromSeed } from '../../stats/random/random.ts';
import { endProbe, noProbes, type ProbeTimes, type ProbeWish, planProbes, probeRulesFor } from './schedule.ts';

const rules = probeRulesFor(12, { isTestNetwork: false });
const minuteMs = 60_000;
const many = (count: number, isUrgent = false): ProbeWish[] =>
  Array.from({ length: count }, (_, index) => ({ key: `w${index}`, isUrgent }));

/** Lets time pass from event to event; each probe takes so long. @returns when each worker was probed */
const simulate = (
  wishesAt: (nowMs: number) => ProbeWish[],
  { untilMs, tookMs, seed }: { untilMs: number; tookMs: number; seed: string },
): { starts: Map<string, number[]>; mostAtOnce: number } => {
  const random = randomFromSeed(seed);
  const starts = new Map<string, number[]>();
  let times: ProbeTimes = noProbes;
  let ends: { key: string; atMs: number }[] = [];
  let mostAtOnce = 0;
  for (let nowMs = 0; nowMs < untilMs; ) {
    for (const { key } of ends.filter(({ atMs }) => atMs <= nowMs)) times = endProbe(times, key);
    ends = ends.filter(({ atMs }) => atMs > nowMs);
    const plan = planProbes(times, wishesAt(nowMs), { nowMs, uniform: () => random.uniform() }, rules);
    times = plan.times;
    for (const key of plan.start) {
      starts.set(key, [...(starts.get(key) ?? []), nowMs]);
      ends.push({ key, atMs: nowMs + tookMs });
    }
    mostAtOnce = Math.max(mostAtOnce, ends.length);
    const next = Math.min(plan.nextMs ?? untilMs, ...ends.map(({ atMs }) => atMs));
    assert.ok(next > nowMs || plan.start.length > 0, 'time goes on');
    nowMs = Math.max(next, nowMs + (plan.start.length > 0 ? 0 : 1));
  }
  return { starts, mostAtOnce };
};

suite('the schedule of probes', () => {
  test('probes every worker, none more than once a minute, and not all at the same moment', () => {
    const { starts, mostAtOnce } = simulate(() => many(12), { untilMs: 20 * minuteMs, tookMs: 2_000, seed: 'calm' });
    assert.equal(starts.size, 12);
    for (const times of starts.values()) {
      assert.ok(times.length >= 13);
      times.slice(1).forEach((time, index) => {
        const gapMs = time - (times[index] ?? 0);
        assert.ok(gapMs >= minuteMs && gapMs < 1.6 * minuteMs, `${gapMs}`);
      });
    }
    assert.ok(mostAtOnce <= rules.mostAtOnce);
    assert.ok(new Set([...starts.values()].map(([first]) => first)).size > 8);
  });

  test('probes a worker of which nothing is known at once', () => {
    const { start } = planProbes(noProbes, many(1, true), { nowMs: 5, uniform: () => 0.5 }, rules);
    assert.deepEqual(start, ['w0']);
  });

  test('one that is doubted between two regular probes is asked at once, and once more soon after', () => {
    const doubtMs = 10 * minuteMs + 7_000;
    const wishes = (nowMs: number) => many(1, nowMs >= doubtMs);
    const at = (nowMs: number) => wishes(nowMs);
    const random = randomFromSeed('doubt');
    let times = noProbes;
    let nowMs = 0;
    const starts: number[] = [];
    while (nowMs < doubtMs + 2 * minuteMs) {
      const plan = planProbes(times, at(nowMs), { nowMs, uniform: () => random.uniform() }, rules);
      times = plan.start.reduce(endProbe, plan.times);
      starts.push(...plan.start.map(() => nowMs));
      nowMs += 1_000;
    }
    const after = starts.filter((time) => time >= doubtMs).map((time) => time - doubtMs);
    assert.equal(after[0], 0);
    assert.ok((after[1] ?? 0) >= rules.urgentGapMs && (after[1] ?? 0) < minuteMs);
  });

  test('one that stays doubted has a probe a minute on average all the same', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 100, max: 45_000 }), (seed, tookMs) => {
        const untilMs = 30 * minuteMs;
        const { starts } = simulate(() => many(3, true), { untilMs, tookMs, seed: `${seed}` });
        for (const times of starts.values()) assert.ok(times.length <= 30 + rules.burst, `${times.length} probes`);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test('of many workers all have their turn, those that are doubted first, within the budget of all', () => {
    const doubted = 'w399';
    const wishes = many(400).map((wish) => ({ ...wish, isUrgent: wish.key === doubted }));
    const { starts, mostAtOnce } = simulate(() => wishes, { untilMs: 10 * minuteMs, tookMs: 500, seed: 'many' });
    const total = [...starts.values()].reduce((sum, { length }) => sum + length, 0);
    assert.equal(starts.size, 400);
    assert.ok(total <= 10 * rules.mostPerMinute + rules.mostAtOnce, `${total}`);
    assert.ok(total >= 9 * rules.mostPerMinute, `${total}`);
    assert.equal(starts.get(doubted)?.[0], 0);
    assert.ok(mostAtOnce <= rules.mostAtOnce);
  });

  test('many workers get more circuits, within what guards bear', () => {
    const of = (workers: number) => {
      const { mostPerMinute, mostAtOnce } = probeRulesFor(workers, { isTestNetwork: false });
      return [mostPerMinute, mostAtOnce];
    };
    assert.deepEqual(
      [of(1), of(200), of(10_000)],
      [
        [120, 4],
        [200, 10],
        [600, 32],
      ],
    );
  });

  test('a probe that runs is not started again, and one that is gone is forgotten', () => {
    const now = { nowMs: 0, uniform: () => 0 };
    const first = planProbes(noProbes, many(1, true), now, rules);
    const later = { ...now, nowMs: 10 * minuteMs };
    assert.deepEqual(planProbes(first.times, many(1, true), later, rules).start, []);
    assert.deepEqual(planProbes(endProbe(first.times, 'w0'), many(1), later, rules).start, ['w0']);
    assert.equal(planProbes(first.times, [], later, rules).times.workers.size, 0);
    assert.equal(endProbe(noProbes, 'w9').running.size, 0);
  });
});
