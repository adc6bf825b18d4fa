import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declareExperiment } from '../../config/edit-experiments.ts';
import { listAssigned } from '../../config/experiments.ts';
import { parseConfig } from '../../config/parse.ts';
import { configHead, fileFacts } from '../../relays/testing/sample-fleet.ts';
import { type DesignWishes, designExperiment } from './design-experiment.ts';
import { toExperimentInfo, toExperimentRelays } from './experiment-info.ts';
import { candidate, candidates, usualFlags } from './testing/candidates.ts';

const wishes: DesignWishes = {
  name: 'mem',
  arms: { glibc: { allocator: 'glibc' }, mimalloc: { allocator: 'mimalloc' }, jemalloc: { allocator: 'jemalloc' } },
  control: 'glibc',
  seed: 'seven',
  every: '5m',
  days: 14,
  effect: 0.1,
  power: 0.8,
  designedMs: Date.UTC(2026, 0, 31, 12),
};

const design = (change: Partial<DesignWishes> = {}, fleet = candidates(24)) =>
  designExperiment({ wishes: { ...wishes, ...change }, candidates: fleet, layers: new Map(), sampled: new Map() });

describe('a design', () => {
  it('gives every arm as many relays, alike in memory and bandwidth, and stands in a configuration as it is', () => {
    const made = design();
    assert.equal(made.relaysPerArm, 8);
    const placed = listAssigned(made.experiment);
    assert.equal(new Set(placed.map(({ relay }) => relay)).size, 24);
    for (const { figure, p } of made.balance) assert.ok(p > 0.3, `${figure} ${p}`);
    assert.deepEqual(
      made.balance.map(({ figure }) => figure),
      ['memory', 'bandwidth'],
    );
    const head = configHead(['h1']).replace('network: lab', 'network: public');
    const text = declareExperiment(
      `${head}relays: [${placed.map(({ relay }) => relay).join(', ')}]\n`,
      'tearless.yaml',
      'mem',
      made.experiment,
    );
    const read = parseConfig(text, 'tearless.yaml').experiments?.mem;
    assert.deepEqual([read?.effect, read?.every, read?.days, read?.seed], [10, 300_000, 14, 'seven']);
    assert.ok(read !== undefined);
    assert.deepEqual(toExperimentInfo('mem', read).assignment, { method: 'random', seed: 'seven' });
  });

  it('is the same from the same seed and another from another', () => {
    assert.deepEqual(design(), design());
    assert.deepEqual(design({}, [...candidates(24)].reverse()).experiment, design().experiment);
    assert.notDeepEqual(design({ seed: 'eight' }).experiment.blocks, design().experiment.blocks);
  });

  it('leaves out relays with something left over, and names them', () => {
    const odd = candidate('odd', {
      instance: { torrc: [fileFacts('/etc/tor/instances/odd/torrc', 'ORPort 1\nDirCache 0\n')] },
      flags: ['Running'],
    });
    const made = design({}, [...candidates(24), odd]);
    assert.deepEqual(
      made.obstacles.map(({ relay, code }) => `${relay} ${code}`),
      ['h1/odd left-over-torrc', 'h1/odd missing-flags'],
    );
    assert.ok(!JSON.stringify(made.experiment.blocks).includes('h1/odd'));
  });

  it('keeps relays of one flag with one another', () => {
    const made = design({ arms: { a: {}, b: {} }, control: 'a' }, [
      ...candidates(12),
      ...candidates(12, () => ({ host: 'h2', flags: [...usualFlags, 'Exit'] })),
    ]);
    for (const block of made.experiment.blocks)
      assert.equal(new Set(Object.values(block).map((relay) => relay.split('/')[0])).size, 1);
    assert.ok(!made.warnings.join().includes('share one host'));
    assert.match(design().warnings.join('\n'), /all arms share one host/);
  });

  it('takes as many relays as asked for, and refuses what there are too few for', () => {
    const made = design({ relaysPerArm: 5 });
    assert.equal(made.relaysPerArm, 5);
    assert.equal(made.obstacles.filter(({ code }) => code === 'no-block').length, 9);
    assert.throws(() => design({ relaysPerArm: 9 }), { code: 'experiment-too-few-relays', kind: 'refused' });
    assert.throws(() => design({ relaysPerArm: 1 }), { code: 'experiment-relays-per-arm' });
    assert.throws(() => design({ control: 'tcmalloc' }), { code: 'experiment-control' });
  });

  it('says what it can find, and warns where that is not what is sought', () => {
    const { power, warnings } = design();
    assert.ok(power !== undefined);
    assert.equal(power.alpha, 0.025);
    assert.ok(power.chance > 0.99);
    const weak = design({ effect: 0.001 });
    assert.ok((weak.power?.chance ?? 1) < 0.1);
    assert.match(weak.warnings.join('\n'), /the chance to find a difference of 0\.1 % is/);
    assert.doesNotMatch(warnings.join('\n'), /the chance to find/);
  });

  it('checks itself on arms that are treated alike', () => {
    const { sameArms } = design();
    assert.ok(sameArms !== undefined && sameArms.falseShare < 0.06, `${sameArms?.falseShare}`);
  });

  it('names the safety board where an arm costs the network something', () => {
    const made = design({
      arms: {
        glibc: { allocator: 'glibc' },
        nodir: { torrc: { DirCache: 0 } },
        daily: { allocator: 'glibc', restartEvery: '24h' },
        weekly: { restartEvery: '168h' },
      },
    });
    assert.deepEqual(
      made.costs.map(({ arm, message }) => `${arm}: ${message}`),
      [
        'nodir: DirCache 0: its relays lose V2Dir, Guard, HSDir as long as it stands',
        'daily: a restart every 24 h: each cuts the relay’s circuits, and its relays never are HSDir',
        'weekly: a restart every 168 h: each cuts the relay’s circuits, and its relays are no HSDir for 96 h after each',
      ],
    );
    assert.deepEqual(design().costs, []);
  });
});

describe('an experiment as the store knows it', () => {
  it('has its arms, treatments and places', () => {
    const parsed = parseConfig(
      `${configHead(['h1'])}relays: [h1/a, h1/b]
experiments:
  mem:
    control: glibc
    arms:
      glibc: { allocator: glibc }
      daily: { name: daily restart, torrc: { DirCache: null, ORPort: [1, 2] }, restartEvery: 24h }
    blocks: [{ glibc: h1/b, daily: h1/a }]
    seed: moved by hand
    days: 3
    designed: 2026-01-31T12:00:00Z
`,
      'tearless.yaml',
    ).experiments?.mem;
    assert.ok(parsed !== undefined);
    const startMs = Date.UTC(2026, 1, 1);
    const { arms, endMs, sampleEveryMs, title, control } = toExperimentInfo('mem', parsed, { startMs });
    assert.deepEqual([endMs, sampleEveryMs, title, control], [startMs + 3 * 86_400_000, 300_000, 'mem', 'glibc']);
    assert.deepEqual(arms, [
      { id: 'glibc', name: 'glibc', config: { allocator: 'glibc' } },
      {
        id: 'daily',
        name: 'daily restart',
        config: { DirCache: '(removed)', ORPort: '1, 2', restart_interval: '86400s' },
      },
    ]);
    assert.deepEqual(
      toExperimentRelays(parsed, (relay) => (relay === 'h1/a' ? { nickname: 'Anna', fingerprint: 'AA' } : {})),
      [
        { id: 'h1/b', nickname: 'b', arm: 'glibc', block: '1' },
        { id: 'h1/a', nickname: 'Anna', fingerprint: 'AA', arm: 'daily', block: '1' },
      ],
    );
  });
});
