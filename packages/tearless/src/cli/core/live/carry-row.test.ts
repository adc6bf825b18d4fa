// A row of small programs judged step by step, and carried by a door that is none.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LiveBuild } from '../../../live/apply/live-build.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { Streak, StreakStep } from '../../../live/streak/streak.ts';
import { compile } from '../../../live/testing/compile.ts';
import { readBuild } from '../../../live/verdict/compare-builds.ts';
import { carryRow, rulesName } from './carry-row.ts';
import { renderStreak } from './streak-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'tearless-row-'));
after(() => rmSync(folder, { recursive: true }));

const source = (answer: number, members: string): string =>
  `struct thing { int a; union { unsigned long tearless_reserve[4]; ${members} }; };
static struct thing it;
int work(int n) { it.a += n; return it.a + ${answer}; }
`;

const builds = new Map<string, LiveBuild>();
const addBuild = (name: string, text: string): string => {
  const files = compile({ 'a.c': text });
  const manifest: LiveBuild['manifest'] = {
    schema: 'tearless.live-build/v1',
    version: name,
    buildId: Buffer.from(name.padEnd(20, '0')).toString('hex'),
    compiler: '',
    configure: [],
    reserveLongs: 4,
    sha256: { tor: '', object: '' },
    builtAt: '',
  };
  const directory = mkdtempSync(join(folder, name));
  builds.set(directory, { manifest, files, side: readBuild(files) });
  return directory;
};

const row = [
  addBuild('one', source(1, '')),
  addBuild('two', source(2, '')),
  addBuild('three', source(2, 'struct { int b; };')),
  addBuild('four', `${source(2, 'struct { int b; };').replace('int a;', 'short z; short a;')}`),
];

const open = (directory: string): LiveBuild => {
  const build = builds.get(directory);
  assert.ok(build !== undefined);
  return build;
};

test('without a process every step is judged, also behind one that cannot be made', async () => {
  const rows = await carryRow(row, open, undefined, () => {});
  assert.deepEqual(
    rows.map(({ turn, to, verdict, functions }) => ({ turn, to, verdict, functions })),
    [
      { turn: 1, to: 'two', verdict: 'code-only', functions: 1 },
      { turn: 2, to: 'three', verdict: 'needs-rule', functions: 0 },
      { turn: 3, to: 'four', verdict: 'refuse', functions: 1 },
    ],
  );
  assert.match(rows[1]?.trouble ?? '', /^struct thing\.b: /);
  assert.match(renderStreak(rows).join('\n'), /step 2: struct thing\.b: /);
});

test('rules in a build are those of the step to it; a process goes as far as it can, and says what it took', async () => {
  const rules = join(row[2] ?? '', rulesName);
  writeFileSync(rules, 'schema: tearless.live-rules/v1\nmembers:\n  struct thing.b: zero\n');
  const streak: Pick<Streak, 'forward'> = {
    forward: async (next, given): Promise<StreakStep> => {
      if (next.manifest.version === 'four')
        throw new LiveError({ kind: 'refused', code: 'live-verdict-refused', message: 'no way to four' });
      assert.equal(given !== undefined, next.manifest.version === 'three');
      const verdict = given === undefined ? 'code-only' : 'uses-reserve';
      const { buildId } = next.manifest;
      return {
        direction: 'forward',
        from: '',
        to: '',
        buildId,
        verdict,
        functions: 1,
        bytes: 8192,
        pauseUs: 1500,
        retries: 0,
      };
    },
  };
  const rows = await carryRow(
    [...row, row[0] ?? ''],
    open,
    async () => streak as Streak,
    () => {},
  );
  assert.deepEqual(
    rows.map(({ verdict }) => verdict),
    ['code-only', 'uses-reserve', 'refuse'],
  );
  assert.equal(rows[2]?.trouble, 'no way to four');
  const lines = renderStreak(rows);
  assert.match(lines[1] ?? '', /^ +1 +two +\w{8} +code-only +1 +8\.19 kB +1\.5 ms +0$/);
  assert.ok(lines.some((line) => line.startsWith('2 transitions: p50 1.5 ms')));
});
