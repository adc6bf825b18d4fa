import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../../stats/random/draw.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import { buildMeasurements, instants } from '../testing/build-measurements.ts';
import { adviseOn } from './advice.ts';
import { checkPlan, levelsOf } from './levels.ts';
import { Look } from './look.ts';
import { compareAtLevel, takeLook } from './take-look.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const plan = checkPlan('e', start, start + 20 * day);

interface Told {
  readonly days: number;
  readonly relays?: number;
  readonly effect?: number;
  /** Bandwidth of arm a as a share of what control has. */
  readonly bandwidth?: number;
  readonly control?: string;
}

/** Arms control, a and b; a needs `effect` of control's memory. */
const experiment = ({ days, relays = 8, effect = 1, bandwidth, control = 'control' }: Told) => {
  const random = randomFromSeed('looks');
  const atMs = instants(start, day / 8, days * 8 + 1);
  return buildMeasurements({
    info: { control, startMs: start, endMs: plan.endMs },
    arms: ['control', 'a', 'b'].map((id) => ({ id })),
    relays: ['control', 'a', 'b'].flatMap((arm) =>
      Array.from({ length: relays }, (_, index) => {
        const level = 1e6 * (1 + 0.02 * drawNormal(random)) * (arm === 'a' ? effect : 1);
        const speed = (bandwidth === undefined || arm !== 'a' ? 1 : bandwidth) * 1e6 * (1 + 0.02 * drawNormal(random));
        return {
          id: `${arm}${index}`,
          arm,
          atMs,
          rssKib: atMs.map(() => Math.round(level * (1 + 0.01 * drawNormal(random)))),
          ...(bandwidth === undefined ? {} : { traffic: atMs.map((ms) => ({ atMs: ms, writtenBps: speed })) }),
        };
      }),
    ),
  });
};

const lookAfter = (told: Told, before: readonly Look[] = []) => {
  const look = takeLook(experiment(told), plan, before);
  assert.ok(look !== undefined);
  return look;
};

describe('a look', () => {
  it('says continue while nothing is told apart', () => {
    const look = lookAfter({ days: 10 });
    assert.equal(look.fraction, 0.5);
    assert.equal(look.advice, 'continue');
    assert.deepEqual(
      look.arms.map(({ id, relays, toldApart }) => [id, relays, toldApart]),
      [
        ['a', 8, false],
        ['b', 8, false],
      ],
    );
    assert.match(
      look.sentences.join(' '),
      /^Continue: 50 % of the planned time has passed\. Not told apart yet: a, b\./,
    );
    assert.deepEqual(look.control.relays, 8);
  });

  it('tells an arm apart at the level of the look, with an interval that leaves out 1', () => {
    const look = lookAfter({ days: 10, effect: 0.7 });
    const [a] = look.arms;
    assert.ok(a?.toldApart === true && a.ratio !== null && Math.abs(a.ratio - 0.7) < 0.03);
    assert.ok((a.high ?? 2) < 1 && (a.low ?? 0) > 0.5);
    assert.equal(look.advice, 'continue', 'b is open');
    assert.match(
      look.sentences.join(' '),
      /Told apart from control already: a at 0\.\d\d of its memory\. Not told apart yet: b\./,
    );
  });

  it('has wider intervals than the report would give, since it is one of many', () => {
    const figures = Array.from({ length: 10 }, (_, index) => 1000 + index);
    const others = Array.from({ length: 10 }, (_, index) => 1010 + index);
    const width = (alpha: number): number => {
      const { low, high } = compareAtLevel(figures, others, alpha);
      return (high ?? 0) - (low ?? 0);
    };
    assert.ok(width(0.001) > 1.5 * width(0.05));
  });

  it('decides nothing very early, however large the difference', () => {
    const look = lookAfter({ days: 1, effect: 0.2 });
    assert.equal(look.nominalAlpha, 0);
    assert.deepEqual([look.arms[0]?.low, look.arms[0]?.toldApart], [null, false]);
    assert.match(look.arms[0]?.limitation ?? '', /too early/);
  });

  it('gives no interval below five relays', () => {
    const look = lookAfter({ days: 10, relays: 4, effect: 0.5 });
    assert.equal(look.arms[0]?.toldApart, false);
    assert.match(look.arms[0]?.limitation ?? '', /fewer than 5 relays/);
  });

  it('says stop for harm when a guardrail is broken, also for a winner', () => {
    const look = lookAfter({ days: 10, effect: 0.6, bandwidth: 0.5 });
    assert.equal(look.advice, 'stop-for-harm');
    assert.match(look.sentences.join('\n'), /^Stop for harm: a guardrail is broken in a\..*\na, bandwidth: /);
    assert.equal(lookAfter({ days: 10, effect: 0.6, bandwidth: 1 }).advice, 'continue');
  });

  it('names what is near to harm without calling it harm', () => {
    const look = lookAfter({ days: 10, bandwidth: 1 });
    const rail = { name: 'bandwidth', broken: false, adjustedP: 0.01, message: 'bandwidth is 0.95 of control’s' };
    const arms = look.arms.map((arm) => ({ ...arm, guardrails: [rail] }));
    const { advice, sentences } = adviseOn({ ...look, arms });
    assert.equal(advice, 'continue');
    assert.match(
      sentences.join('\n'),
      /To mind, in a, bandwidth: bandwidth is 0\.95 of control’s; below 5 % at this look alone/,
    );
  });

  it('may conclude at the planned end, and is the last one', () => {
    const look = lookAfter({ days: 21 });
    assert.deepEqual([look.fraction, look.advice], [1, 'may-conclude']);
    assert.equal(takeLook(experiment({ days: 25 }), plan, [look]), undefined);
  });

  it('is not taken again before there is new data for it, and shares its error with those before', () => {
    const first = lookAfter({ days: 10 });
    assert.equal(takeLook(experiment({ days: 10 }), plan, [first]), undefined);
    const second = lookAfter({ days: 12 }, [first]);
    const alone = lookAfter({ days: 12 });
    assert.ok(second.nominalAlpha < alone.nominalAlpha);
    assert.ok(second.spentAlpha > first.spentAlpha);
  });

  it('survives the store as it is', () => {
    const look = lookAfter({ days: 10, bandwidth: 1 });
    assert.deepEqual(Look.parse(JSON.parse(JSON.stringify(look))), look);
  });

  it('needs a control', () => {
    assert.throws(() => takeLook(experiment({ days: 2, control: 'x' }), plan, []), { code: 'experiment-no-control' });
  });

  it('shares its error among the outcomes of a template, and may end when all are told apart', () => {
    const hour = day / 24;
    const atMs = instants(start, hour, 10 * 24 + 1);
    const updated = (restarts: boolean) =>
      buildMeasurements({
        info: { control: 'restart', template: 'live-update-against-restart', startMs: start, endMs: plan.endMs },
        arms: [{ id: 'restart' }, { id: 'live-update' }],
        relays: ['restart', 'live-update'].flatMap((arm) =>
          Array.from({ length: 8 }, (_, index) => {
            const endMs = restarts && arm === 'restart' ? start + 12 * hour : Infinity;
            const speed = (arm === 'restart' && restarts ? 0.8e6 : 1e6) * (1 + index / 100);
            return {
              id: `${arm}${index}`,
              arm,
              atMs,
              rssKib: atMs.map(() => 1_000_000 + index),
              flags: atMs.map((ms) => ({ atMs: ms, flags: ms < endMs || index === 0 ? ['HSDir'] : [] })),
              figures: {
                startedMs: atMs.map((ms) => (ms < endMs ? start - hour : endMs - 1)),
                connections: atMs.map(() => 100 + index),
                writtenBytes: atMs.map((ms) => (speed * (ms < endMs ? ms - start : ms - endMs)) / 1000),
              },
            };
          }),
        ),
      });
    const look = takeLook(updated(true), plan, []);
    assert.ok(look !== undefined);
    assert.ok(Math.abs(look.nominalAlpha - levelsOf([0.5], 1, 4).nominalAlpha) < 1e-12);
    assert.ok(look.nominalAlpha < levelsOf([0.5], 1).nominalAlpha);
    const { arms = [] } = look.outcomes.find(({ id }) => id === 'hsDirHours') ?? {};
    const own = arms.find(({ arm }) => arm === 'live-update');
    assert.ok(own?.toldApart === true && (own.low ?? 0) > 0 && (own.mean ?? 0) === 24);
    assert.equal(look.advice, 'may-conclude');
    assert.match(look.sentences[0] ?? '', /live-update in hours as HSDir a day; bytes carried a day; connections cut/);
    assert.deepEqual(Look.parse(JSON.parse(JSON.stringify(look))), look);
    assert.equal(takeLook(updated(false), plan, [])?.advice, 'continue');
  });
});
