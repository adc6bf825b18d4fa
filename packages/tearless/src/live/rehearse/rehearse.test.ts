import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveBuild } from '../apply/live-build.ts';
import type { StreakStep } from '../streak/streak.ts';
import { rehearse } from './rehearse.ts';
import { parseRehearsal, requireRehearsal } from './report.ts';
import { type HeldThing, streamKinds, type TwinNetwork } from './twin-network.ts';

const build = (version: string): LiveBuild =>
  ({ manifest: { version, buildId: `id-${version}` } }) as unknown as LiveBuild;
const [former, next] = [build('1.0'), build('1.0-next')];

/** A network that is played: whatever is in `broken` fails from the n-th transition on. */
const play = async (options: {
  readonly freezes?: { readonly kind: string; readonly from: number; readonly beside?: boolean };
  readonly failsAt?: number;
  readonly pausesUs?: readonly number[];
  readonly circuits?: number;
  readonly stays?: boolean;
}) => {
  let transitions = 0;
  const things = (isBeside: boolean): HeldThing[] =>
    streamKinds.map((kind) => ({
      kind,
      name: kind,
      cut: undefined,
      moves: async () => {
        const { freezes } = options;
        if (freezes?.kind === kind && (freezes.beside ?? false) === isBeside && transitions >= freezes.from)
          throw new Error('no byte came back');
      },
      finish: async () => {},
    }));
  let version = '1.0';
  const relay = (isBeside: boolean): TwinNetwork['twin'] => ({
    pid: 7,
    fill: async (wanted) => ({ ...wanted, circuits: Math.min(wanted.circuits, 100) }),
    hold: async () => things(isBeside),
    version: async () => version,
    serves: async () => {},
  });
  const step = async (to: string): Promise<StreakStep> => {
    transitions += 1;
    if (transitions === options.failsAt) throw new Error('the hook ended the process');
    if (options.stays !== true || to !== '1.0') version = to;
    return { pauseUs: options.pausesUs?.[transitions - 1] ?? 1000, retries: 0 } as StreakStep;
  };
  const census =
    options.circuits === undefined
      ? undefined
      : ({ schema: 'tearless.live-census/v1', circuits: options.circuits, connections: 5, streams: null } as const);
  const report = await rehearse({
    former,
    next,
    rules: undefined,
    rulesSha256: null,
    census,
    network: { twin: relay(false), bystander: relay(true) },
    begin: async () => ({ forward: () => step('1.0-next'), back: () => step('1.0') }),
    at: '2026-01-01T00:00:00.000Z',
  });
  return { report, transitions };
};

describe('a rehearsal', () => {
  it('applies, takes back and applies again, and passes when all streams moved', async () => {
    const { report } = await play({});
    assert.deepEqual(
      report.phases.map(({ name }) => name),
      ['quiet-apply', 'quiet-rollback', 'apply', 'rollback', 'apply-again'],
    );
    assert.deepEqual([report.passed, report.failures, report.streams.length], [true, [], 4]);
    assert.deepEqual(parseRehearsal(JSON.stringify(report), 'r.json'), report);
  });

  it('fails for a stream that freezes in silence, and names it', async () => {
    const { report } = await play({ freezes: { kind: 'onion', from: 3 } });
    assert.equal(report.passed, false);
    assert.deepEqual(report.failures, ['the onion stream broke: no byte came back']);
  });

  it('proves nothing where the same stream breaks without an update', async () => {
    const { report } = await play({ freezes: { kind: 'exit', from: 3, beside: true } });
    assert.match(report.failures.join(), /without any update broke .*rehearse again/);
  });

  it('tells a hook that ends the twin, and goes no further', async () => {
    const { report, transitions } = await play({ failsAt: 4 });
    assert.deepEqual(report.failures, ['the hook ended the process']);
    assert.deepEqual([report.phases.length, transitions], [3, 4]);
  });

  it('fails where the twin says that it is another version than it was made', async () => {
    const { report } = await play({ stays: true });
    assert.deepEqual(report.failures, ['after quiet-rollback the twin says that it is 1.0-next, not 1.0']);
  });

  it('predicts the pause from the longest, and from what came with circuits', async () => {
    const pausesUs = [1000, 900, 2000, 1500, 1800];
    // 1 ms came with 100 circuits: 10 us each, for 900 more.
    assert.equal((await play({ pausesUs, circuits: 1000 })).report.predictedPauseUs, (2000 + 9000) * 1.5);
    assert.equal((await play({ pausesUs, circuits: 80 })).report.predictedPauseUs, 3000);
  });
});

describe('a report that is asked for', () => {
  it('must be of that step, with those rules, and have passed', async () => {
    const { report } = await play({});
    const step = { from: 'id-1.0', to: 'id-1.0-next', rulesSha256: null };
    requireRehearsal(report, 'r.json', step);
    for (const [other, why] of [
      [{ ...step, from: 'id-0' }, /about the step from 1\.0/],
      [{ ...step, rulesSha256: 'aa' }, /other rules/],
    ] as const)
      assert.throws(() => requireRehearsal(report, 'r.json', other), { code: 'live-rehearsal-unfit', message: why });
    const { report: failed } = await play({ failsAt: 1 });
    assert.throws(() => requireRehearsal(failed, 'r.json', step), /the rehearsal failed: the hook/);
    assert.throws(() => parseRehearsal('{}', 'r.json'), { code: 'live-rehearsal-unfit' });
  });
});
