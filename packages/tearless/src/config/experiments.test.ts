import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from './config-error.ts';
import { resolveDesired } from './desired.ts';
import {
  declareExperiment,
  type ExperimentText,
  stampExperiment,
  undeclareExperiment,
  unstampExperiment,
} from './edit-experiments.ts';
import { isUnderWay, listAssigned } from './experiments.ts';
import { traceOrigins } from './origin.ts';
import { parseConfig } from './parse.ts';
import { parseConfigSource } from './source.ts';

const path = 'tearless.yaml';

const base = `# our fleet
version: 1
fleet: demo
hosts: { h1: {}, h2: {} }
relays: [h1/a, h1/b, h1/c, h2/d, h2/e] # five
allocators:
  jemalloc: { version: 5.3.0, library: /usr/lib/libjemalloc.so.2, buildIds: [0123456789abcdef] }
settings:
  - { select: "*", allocator: { jemalloc: 50%, glibc: 50% }, torrc: { DirCache: 1 } }
`;

const experiment: ExperimentText = {
  title: 'jemalloc against glibc',
  control: 'glibc',
  arms: { glibc: { allocator: 'glibc' }, jemalloc: { allocator: 'jemalloc', torrc: { dircache: 0 } } },
  blocks: [
    { glibc: 'h1/a', jemalloc: 'h1/b' },
    { glibc: 'h2/e', jemalloc: 'h1/c' },
  ],
  seed: '2026',
  every: '5m',
  days: 14,
  effect: '10%',
  designed: '2026-01-31T12:00:00Z',
};

const designed = declareExperiment(base, path, 'mem', experiment);
const begun = stampExperiment(designed, path, 'mem', 'starting', Date.UTC(2026, 1, 1));

const settingsOf = (text: string) =>
  Object.fromEntries(
    resolveDesired(parseConfig(text, path)).relays.map(({ id, allocator, torrc, experiment: place }) => [
      id,
      `${allocator ?? 'share'} ${[...torrc].join()} ${place?.arm ?? '-'}`,
    ]),
  );

const problemsOf = (text: string) => {
  try {
    parseConfig(text, path);
  } catch (error) {
    assert.ok(error instanceof ConfigError, `${error}`);
    return error.problems.map(({ code, line, column }) => `${line}:${column} ${code}`);
  }
  return [];
};

const replaced = (from: string, to: string): string => {
  assert.ok(designed.includes(from), from);
  return designed.replace(from, to);
};

describe('an experiment in tearless.yaml', () => {
  it('is written one arm and one block a line, and everything before it stays', () => {
    assert.equal(
      designed,
      `${base}experiments:
  mem:
    title: jemalloc against glibc
    control: glibc
    arms:
      glibc: { allocator: glibc }
      jemalloc: { allocator: jemalloc, torrc: { dircache: 0 } }
    blocks: # drawn with the seed; once they are changed by hand, the assignment is no longer random
      - { glibc: h1/a, jemalloc: h1/b }
      - { glibc: h2/e, jemalloc: h1/c }
    seed: "2026"
    every: 5m
    days: 14
    effect: 10%
    designed: 2026-01-31T12:00:00Z
`,
    );
  });

  it('changes nothing while it is only designed, and wins over settings from when it begins until it is concluded', () => {
    const plain = { ...settingsOf(base) };
    assert.deepEqual(settingsOf(designed), plain);
    const under = {
      'h1/a': 'glibc DirCache,1 glibc',
      'h1/b': 'jemalloc DirCache,0 jemalloc',
      'h1/c': 'jemalloc DirCache,0 jemalloc',
      'h2/d': 'share DirCache,1 -',
      'h2/e': 'glibc DirCache,1 glibc',
    };
    assert.deepEqual(settingsOf(begun), under);
    const started = stampExperiment(begun, path, 'mem', 'started', Date.UTC(2026, 1, 2));
    assert.deepEqual(settingsOf(started), under);
    assert.deepEqual(settingsOf(stampExperiment(started, path, 'mem', 'concluded', Date.UTC(2026, 2, 2))), plain);
    assert.deepEqual(
      resolveDesired(parseConfig(begun, path)).shareGroups.map(({ relays }) => relays),
      [['h2/d']],
    );
  });

  it('tells each relay with its arm and block', () => {
    const config = parseConfig(begun, path).experiments?.mem;
    assert.ok(config !== undefined && isUnderWay(config));
    assert.deepEqual(
      listAssigned(config).map(({ relay, arm, block }) => `${block} ${arm} ${relay}`),
      ['1 glibc h1/a', '1 jemalloc h1/b', '2 glibc h2/e', '2 jemalloc h1/c'],
    );
    assert.deepEqual([config.every, config.effect], [300_000, 10]);
  });

  it('gets back an instant that was undone', () => {
    assert.equal(unstampExperiment(begun, path, 'mem', 'starting'), designed);
    assert.equal(unstampExperiment(designed, path, 'mem', 'started'), designed);
  });

  it('keeps the first instant of a stage', () => {
    assert.equal(stampExperiment(begun, path, 'mem', 'starting', Date.UTC(2027, 1, 1)), begun);
    assert.ok(begun.endsWith('designed: 2026-01-31T12:00:00Z\n    starting: 2026-02-01T00:00:00Z\n'), begun);
  });

  it('stands behind others, in maps of every form', () => {
    const other = { ...experiment, blocks: [{ glibc: 'h2/d', jemalloc: 'h2/e' }] };
    const two = declareExperiment(designed, path, 'two', other);
    assert.deepEqual(Object.keys(parseConfig(two, path).experiments ?? {}), ['mem', 'two']);
    assert.equal(undeclareExperiment(two, path, 'two'), designed);
    for (const head of [`experiments: {} # none yet\n${base}`, `experiments:\n${base}`, `${base}experiments:   {}\n`]) {
      const text = declareExperiment(head.replace('experiments:\n', 'experiments: {}\n'), path, 'mem', experiment);
      assert.deepEqual(parseConfig(text, path), { ...parseConfig(designed, path) });
    }
    const flow = designed.replace(
      /experiments:[\s\S]*/,
      'experiments: { one: { control: a, arms: { a: {}, b: {} }, blocks: [{ a: h1/a, b: h1/b }], seed: x, days: 1, designed: 2026-01-31T12:00:00Z } }\n',
    );
    assert.deepEqual(Object.keys(parseConfig(declareExperiment(flow, path, 'two', other), path).experiments ?? {}), [
      'one',
      'two',
    ]);
  });

  it('stands in a file that is JSON', () => {
    const json = `${JSON.stringify(parseConfigSource(base, path).value, undefined, 2)}\n`;
    const written = declareExperiment(json, path, 'mem', experiment);
    assert.deepEqual(parseConfig(written, path), parseConfig(designed, path));
    const other = { ...experiment, blocks: [{ glibc: 'h2/d', jemalloc: 'h2/e' }] };
    const two = stampExperiment(declareExperiment(written, path, 'two', other), path, 'two', 'starting', 0);
    assert.equal(parseConfig(two, path).experiments?.two?.starting, '1970-01-01T00:00:00Z');
    assert.deepEqual(parseConfig(undeclareExperiment(two, path, 'two'), path), parseConfig(written, path));
  });

  it('goes with its section when it was the only one', () => {
    assert.equal(undeclareExperiment(designed, path, 'mem'), base);
  });

  it('is replaced only when asked for and not once it has begun', () => {
    assert.throws(() => declareExperiment(designed, path, 'mem', experiment), { code: 'config-experiment-exists' });
    assert.equal(declareExperiment(designed, path, 'mem', experiment, true), designed);
    assert.throws(() => declareExperiment(begun, path, 'mem', experiment, true), { code: 'config-experiment-begun' });
    assert.throws(() => stampExperiment(base, path, 'mem', 'started', 0), { code: 'config-unknown-experiment' });
  });

  it('says where each value of a relay in it comes from', () => {
    const origins = traceOrigins(parseConfig(begun, path), begun, path);
    const originOf = (name: string) => origins.find((origin) => origin.name === name)?.origin;
    assert.equal(originOf('relays.h1/b.allocator'), `${path}:16:19`);
    assert.equal(originOf('relays.h1/b.torrc.DirCache'), `${path}:16:49`);
    assert.equal(originOf('relays.h1/a.torrc.DirCache'), `${path}:9:71`);
  });
});

describe('what is wrong with an experiment', () => {
  const cases: [string, string, string[]][] = [
    ['control: glibc', 'control: glib', ['13:14 config-unknown-arm']],
    ['{ allocator: glibc }', '{ allocator: glibcc }', ['15:27 config-unknown-allocator']],
    ['jemalloc: h1/c', 'jemalloc: h1/x', ['19:34 config-unknown-relay']],
    ['jemalloc: h1/c', 'jemalloc: h1/a', ['19:34 config-relay-assigned-twice']],
    ['jemalloc: h1/c', 'mimalloc: h1/c', ['19:34 config-unknown-arm']],
    ['dircache: 0', 'dircach: 0', ['16:49 config-unknown-option']],
    ['dircache: 0', 'dircache: bananas', ['16:59 config-option-value']],
    ['days: 14', 'days: 0', ['22:11 config-wrong-value']],
    ['seed: "2026"', 'seeds: "2026"', ['12:5 config-missing-key', '20:5 config-unknown-key']],
    ['designed: 2026-01-31T12:00:00Z', 'designed: yesterday', ['24:15 config-wrong-value']],
  ];
  for (const [from, to, expected] of cases)
    it(`stands with its place: '${to}' for '${from}'`, () => {
      assert.deepEqual(problemsOf(replaced(from, to)), expected);
    });

  it('is an arm without relays, and an arm alone', () => {
    assert.deepEqual(
      problemsOf(designed.replace(/, jemalloc: h1\/[bc]/g, '')).map((problem) => problem.replace(/^\S+ /, '')),
      ['config-empty-arm'],
    );
  });

  it('is a relay that two experiments under way share; designed ones may', () => {
    const other = { ...experiment, starting: '2026-02-01T00:00:00Z' };
    const both = declareExperiment(designed, path, 'two', other);
    assert.deepEqual(problemsOf(both), []);
    assert.throws(() => stampExperiment(both, path, 'mem', 'starting', 0), {
      code: 'config-experiments-overlap',
      message: /'mem' and 'two' are both under way and share h1\/a, h1\/b, h2\/e, h1\/c/,
    });
  });
});
