// Verdicts on builds as they appear in a folder, until somebody interrupts; and live updates that nobody rehearsed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { compile } from 'tearless/live/testing/compile.ts';
import { runIn } from './harness.ts';
import { watchLines } from './watch-lines.ts';

const former = 'struct conn { int fd; char *name; };\nint work(struct conn *c) { return c->fd; }\n';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('live watch', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-watch-'));
  const build = (version: string, source: string, ...path: string[]): void => {
    const { tor, object } = compile({ 'program.c': source });
    const at = join(directory, ...path);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'tor'), tor);
    writeFileSync(join(at, 'tor.o'), object);
    const manifest = {
      schema: 'tearless.live-build/v1',
      version,
      buildId: findBuildId(tor),
      compiler: 'cc',
      configure: [],
      reserveLongs: 0,
      sha256: { tor: sha256(tor), object: sha256(object) },
      builtAt: '2026-01-01T00:00:00Z',
    };
    writeFileSync(join(at, 'manifest.json'), JSON.stringify(manifest));
  };

  before(() => {
    build('1.0', former, 'old');
    build('1.1', former.replace('c->fd', 'c->fd * 2'), 'releases', 'tor-1.1');
    build('1.2', former.replace('int fd; char *name;', 'char *name; int fd;'), 'releases', 'tor-1.2');
    mkdirSync(join(directory, 'releases', 'tor-1.3'));
    writeFileSync(join(directory, 'releases', 'tor-1.3', 'manifest.json'), '{}');
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Interrupted once so many lines were said. */
  const watch = (count: number, ...words: string[]): Promise<string[]> =>
    watchLines(directory, ['releases', '--from', 'old', ...words], (said) => said === count);

  it('tells a line for each, and goes on behind one that cannot be judged', async () => {
    const [first, second, third] = await watch(3);
    assert.equal(first, 'tor-1.1: 1.1: code only, 1 function');
    assert.match(second ?? '', /^tor-1\.2: 1\.2: refused, 1 function; struct conn: \w+ was at \d and is at \d: /);
    assert.match(third ?? '', /^tor-1\.3: cannot be judged: .*manifest\.json/);
  });

  it('tells a line of JSON for each', async () => {
    const [first, second, third] = (await watch(3, '--json')).map((line) => JSON.parse(line));
    const { schema, tree, version, verdict } = first;
    assert.deepEqual([schema, tree, version, verdict], ['tearless.live-watch/v1', 'tor-1.1', '1.1', 'code-only']);
    assert.equal(second.verdict, 'refuse');
    assert.equal(third.error.code, 'live-build-unreadable');
  });

  it('rehearse starts nothing for a step that the verdict refuses', async () => {
    const { exitCode, stderr } = await runIn(directory, [
      ...['live', 'rehearse', '--from', 'old', '--to', 'releases/tor-1.2'],
    ]);
    assert.equal(exitCode, 5, stderr);
    assert.match(stderr, /there is nothing to rehearse: struct conn: /);
  });

  it('apply asks whether it was rehearsed', async () => {
    const words = ['live', 'apply', 'h1/a', '--to', 'old'];
    const { exitCode, stderr } = await runIn(directory, words);
    assert.equal(exitCode, 64);
    assert.match(stderr, /was it rehearsed\?\n.*live rehearse.*--no-rehearsal/);
    const both = await runIn(directory, [...words, '--no-rehearsal', '--rehearsal', 'r.json']);
    assert.match(both.stderr, /one of both/);
  });
});
