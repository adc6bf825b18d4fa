// Verdicts on release trees as they appear in a folder: each is configured, compiled with the layouts of the build that runs, and judged.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type SmallTree, writeSmallTree } from 'tearless/live/testing/small-tree.ts';
import { runIn } from './harness.ts';
import { watchLines } from './watch-lines.ts';

const late = 'unsigned long n_read;\n  unsigned long late;';

describe('live watch builds', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-trees-'));
  const at = (...path: string[]): string => join(directory, ...path);
  const write = (tree: SmallTree, ...path: string[]): void => writeSmallTree(at(...path), tree);

  before(async () => {
    write({ version: '1.0' }, 'tor-1.0');
    const built = await runIn(directory, ['live', 'build', 'tor-1.0', '--out', 'old']);
    assert.equal(built.exitCode, 0, built.stderr);
    assert.match(built.stderr, /room in 1 struct;/);
    mkdirSync(at('releases'));
    write({ version: '1.1', works: 'conn->n_read * 2' }, 'releases', 'tor-1.1');
    write({ version: '1.2', members: late, works: 'conn->n_read + conn->late' }, 'later', 'tor-1.2');
    write({ version: '1.3', members: late, works: 'conn->n_read - conn->late' }, 'later', 'tor-1.3');
    write({ version: '1.4', works: 'this is no C' }, 'later', 'tor-1.4');
    const rules = 'schema: tearless.live-rules/v1\nmembers: { struct conn_t.late: zero }\n';
    writeFileSync(at('releases', 'tor-1.3.rules.yaml'), rules);
  });
  after(() => rmSync(directory, { recursive: true }));

  const later = ['tor-1.2', 'tor-1.3', 'tor-1.4'];
  const builtAt = (): unknown[] =>
    ['tor-1.1', 'tor-1.2', 'tor-1.3'].map(
      (name) => JSON.parse(readFileSync(at('releases', '.builds', name, 'manifest.json'), 'utf8')).builtAt,
    );

  it('each tree that is there or comes, and says what a process that runs could make of it', async () => {
    const lines = await watchLines(directory, ['releases', '--from', 'old'], (count) => {
      if (count === 1) for (const name of later) renameSync(at('later', name), at('releases', name));
      return count === 4;
    });
    const [first, second, third, fourth] = lines;
    assert.equal(first, 'tor-1.1: 1.1: code only, 2 functions');
    assert.match(
      second ?? '',
      /^tor-1\.2: 1\.2: needs a rule, 2 functions; struct conn_t\.late: in objects that exist /,
    );
    assert.equal(third, 'tor-1.3: 1.3: uses reserve, 2 functions');
    assert.equal(fourth, "tor-1.4: cannot be judged: the build failed at 'compile'");
    assert.equal(lines.length, 4);
  });

  it('nothing twice that has not changed', async () => {
    const former = builtAt();
    const lines = await watchLines(directory, ['releases', '--from', 'old', '--json'], (count) => count === 3);
    const said = lines.map((line) => JSON.parse(line)).map(({ tree, version, verdict }) => [tree, version, verdict]);
    assert.deepEqual(said, [
      ['tor-1.1', '1.1', 'code-only'],
      ['tor-1.2', '1.2', 'needs-rule'],
      ['tor-1.3', '1.3', 'uses-reserve'],
    ]);
    assert.deepEqual(builtAt(), former);
  });

  it('no build whose debug information leaves types out', async () => {
    const built = await runIn(directory, ['live', 'build', 'tor-1.0', '--out', 'blind', '--', 'CFLAGS=-g1 -O2']);
    assert.notEqual(built.exitCode, 0);
    assert.match(built.stderr, /debug information does not tell/);
    assert.ok(!existsSync(at('blind', 'manifest.json')));
  });

  it('each anew where another build runs, whose layouts it has to keep', async () => {
    const former = builtAt();
    const built = await runIn(directory, ['live', 'build', join('releases', 'tor-1.2'), '--out', 'other']);
    assert.equal(built.exitCode, 0, built.stderr);
    const lines = await watchLines(directory, ['releases', '--from', 'other', '--json'], (count) => count === 1);
    const [first] = lines.map((line) => JSON.parse(line)).map(({ tree, verdict }) => [tree, verdict]);
    assert.deepEqual(first, ['tor-1.1', 'code-only']);
    assert.notEqual(builtAt()[0], former[0]);
  });
});
