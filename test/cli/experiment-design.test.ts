import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { drawNormal } from '../../packages/tearless/src/stats/random/draw.ts';
import { randomFromSeed } from '../../packages/tearless/src/stats/random/random.ts';
import { runIn, runInDirectory } from './harness.ts';

// Nothing listens on port 1: the host is declared and does not answer.
const config = `version: 1
fleet: demo
hosts: { h1: { address: 127.0.0.1, port: 1 } }
relays: [h1/a, h1/b]
`;
const files = { 'tearless.yaml': config };

const designed = (...lines: string[]): { 'tearless.yaml': string } => ({
  'tearless.yaml': `${config}experiments:
  mem:
    control: glibc
    arms: { glibc: { allocator: glibc }, other: { allocator: glibc, torrc: { NumCPUs: 1 } } }
    blocks: [{ glibc: h1/a, other: h1/b }]
    seed: x
    days: 10
    designed: 2026-01-31T12:00:00Z
${lines.map((line) => `    ${line}\n`).join('')}`,
});

describe('tearless experiment design', () => {
  const wrong: [string[], RegExp][] = [
    [[], /what shall be compared is not said/],
    [['--arms', 'glibc'], /two arms/],
    [['--arms', 'glibc,mimaloc'], /not declared under 'allocators'/],
    [['--arms', 'glibc,x=glibc', '--effect', '200%'], /--effect 200% is not between/],
    [['--arms', 'glibc,x=glibc', '--days', 'many'], /--days many is no whole number/],
    [['--arms', 'glibc,x=glibc', '--every', 'often'], /--every often is no time/],
    [['--template', 'x'], /there is no template 'x'/],
    [['--arms', 'glibc,x=glibc', '--select', 'h2/*'], /--select h2\/\* matches none of the 2 relays/],
  ];
  for (const [words, expected] of wrong)
    it(`refuses '${words.join(' ')}'`, async () => {
      const { exitCode, stderr, files: after } = await runInDirectory(['experiment', 'design', 'e', ...words], files);
      assert.equal(exitCode, 64, stderr);
      assert.match(stderr, expected);
      assert.equal(after['tearless.yaml'], config);
    });

  it('writes nothing when a host does not answer', async () => {
    const {
      exitCode,
      stderr,
      files: after,
    } = await runInDirectory(['experiment', 'design', 'e', '--arms', 'glibc,x=glibc'], files);
    assert.equal(exitCode, 4);
    assert.match(stderr, /h1 could not be read[\s\S]*it does not answer/);
    assert.equal(after['tearless.yaml'], config);
  });
});

describe('completion', () => {
  it('knows experiments that are only designed', async () => {
    const { stdout } = await runInDirectory(['complete', '--', 'experiment', 'start', ''], designed());
    assert.equal(stdout, 'mem\t\n');
  });
});

describe('tearless experiment start', () => {
  const start = (given: Readonly<Record<string, string>>) =>
    runInDirectory(['experiment', 'start', 'mem', '--yes'], given);

  it('names the experiments that there are when it is asked for another', async () => {
    const { exitCode, stderr } = await runInDirectory(['experiment', 'start', 'men', '--yes'], designed());
    assert.equal(exitCode, 1);
    assert.match(stderr, /experiment-unknown: the configuration has no experiment 'men'[\s\S]*mem/);
  });

  it('writes nothing down when a host does not answer', async () => {
    const { exitCode, files: after } = await start(designed());
    assert.equal(exitCode, 4);
    assert.equal(after['tearless.yaml'], designed()['tearless.yaml']);
  });

  const refused: [string, { 'tearless.yaml': string }, RegExp][] = [
    [
      'one that runs',
      designed('starting: 2026-02-01T00:00:00Z', 'started: 2026-02-01T01:00:00Z'),
      /runs since 2026-02-01T01/,
    ],
    ['one that is over', designed('started: 2026-02-01T01:00:00Z', 'concluded: 2026-02-09T01:00:00Z'), /was concluded/],
    [
      'live updates, which there are none of yet',
      {
        'tearless.yaml': designed()['tearless.yaml'].replace('torrc: { NumCPUs: 1 }', 'action: live-update'),
      },
      /arm other of mem takes live updates, and nothing says to which build/,
    ],
  ];
  for (const [what, given, expected] of refused)
    it(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await start(given);
      assert.equal(exitCode, 5, stderr);
      assert.match(stderr, expected);
    });
});

const day = 86_400_000;

/** Two arms of eight relays, sampled four times a day; arm A needs less memory than control Z. */
const folder = (days: number, effect: number): Readonly<Record<string, string>> => {
  const random = randomFromSeed('watched');
  const levels = Array.from(
    { length: 16 },
    (_, index) => 1e6 * (index < 8 ? effect : 1) * (1 + 0.02 * drawNormal(random)),
  );
  const rows = Array.from({ length: days * 4 + 1 }, (_, sample) => {
    const at = new Date(Date.UTC(2026, 0, 1) + (sample * day) / 4).toISOString().slice(0, 19);
    return levels.map((level, index) => {
      const kib = Math.round(level * (1 + 0.005 * drawNormal(random)));
      const name = `r${String(index).padStart(2, '0')}`;
      return `${at},h1,relay,${String(index).padStart(40, 'A')},${name},${index < 8 ? 'A' : 'Z'},${kib},${kib * 2},${Math.round(level * 1.2)},1.0,,,,,`;
    });
  }).flat();
  return {
    'memory_measurements.csv': `timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb\n${rows.join('\n')}\n`,
    'experiment.json': JSON.stringify({
      id: 'w',
      name: 'watched',
      start_date: '2026-01-01',
      end_date: '2026-01-20',
      groups: { A: { name: 'less', config: {} }, Z: { name: 'control', config: {} } },
    }),
  };
};

const inFolder = async (
  given: Readonly<Record<string, string>>,
  act: (run: (...words: string[]) => ReturnType<typeof runIn>) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'tearless-watch-'));
  try {
    for (const [name, text] of Object.entries(given)) await writeFile(join(directory, name), text);
    await act((...words) => runIn(directory, words, { XDG_STATE_HOME: join(directory, 'state') }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

describe('tearless experiment watch', () => {
  it('takes a look, keeps it, and takes no other before there is new data', () =>
    inFolder(folder(10, 0.7), async (run) => {
      assert.equal((await run('experiment', 'import', '.', '--name', 'w')).exitCode, 0);
      const first = await run('experiment', 'watch', 'w', '--json');
      assert.equal(first.exitCode, 0, first.stderr);
      const look = JSON.parse(first.stdout);
      assert.equal(look.schema, 'tearless.experiment-watch/v1');
      assert.deepEqual([look.number, look.isNew, look.look.advice], [1, true, 'may-conclude']);
      assert.ok(look.look.fraction > 0.45 && look.look.fraction < 0.55, `${look.look.fraction}`);
      const [arm] = look.look.arms;
      assert.ok(arm.toldApart && arm.high < 1 && Math.abs(arm.ratio - 0.7) < 0.05);
      const second = JSON.parse((await run('experiment', 'watch', 'w', '--json')).stdout);
      assert.deepEqual([second.number, second.isNew], [1, false]);
      assert.deepEqual(second.look, look.look);
      const text = await run('experiment', 'watch', 'w');
      assert.match(text.stdout, /^May conclude: every arm is told apart from control, A at 0\.\d\d of its memory\./);
      assert.match(text.stdout, /look 1 \(the last one; there is no new one yet\)/);
      assert.match(text.stdout, /method: Lan–DeMets alpha spending/);
    }));

  it('goes on where nothing is told apart', () =>
    inFolder(folder(10, 1), async (run) => {
      await run('experiment', 'import', '.', '--name', 'w');
      const { stdout } = await run('experiment', 'watch', 'w');
      assert.match(stdout, /^Continue: 5\d % of the planned time has passed\.\n {2}Not told apart yet: A\./);
    }));

  it('needs an end to plan for, which may be said', () => {
    const { 'experiment.json': _, ...bare } = folder(4, 1);
    return inFolder(bare, async (run) => {
      await run('experiment', 'import', '.', '--name', 'w', '--control', 'Z');
      const { exitCode, stderr } = await run('experiment', 'watch', 'w');
      assert.equal(exitCode, 5);
      assert.match(stderr, /nothing says from when until when experiment w was to run[\s\S]*--until/);
      const until = await run('experiment', 'watch', 'w', '--until', '2026-01-11');
      assert.equal(until.exitCode, 0, until.stderr);
      assert.equal((await run('experiment', 'watch', 'w', '--until', 'soon')).exitCode, 64);
      const moved = await run('experiment', 'watch', 'w', '--until', '2026-03-01');
      assert.match(moved.stdout, /the planned time was changed after a look/);
    });
  });

  it('knows no experiment that is not there', async () => {
    const { exitCode, stderr } = await runInDirectory(['experiment', 'watch', 'nothing']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /experiment-unknown/);
  });
});
