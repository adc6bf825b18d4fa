// Verdicts on two builds as a user gets them, and what is refused before anything is read or written.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { compile } from 'tearless/live/testing/compile.ts';
import { runIn } from './harness.ts';

const former =
  'struct conn { int fd; char *name; };\nint wait_for(struct conn *);\nint work(struct conn *c) { return c->fd + wait_for(c); }\n';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('live', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-live-'));
  const at = (...parts: string[]): string => join(directory, ...parts);
  const run = (...words: string[]) => runIn(directory, ['live', ...words]);
  const build = (name: string, source: string, how: { configure?: string[]; reserveLongs?: number } = {}): void => {
    const { tor, object } = compile({ 'program.c': source });
    mkdirSync(at(name));
    writeFileSync(at(name, 'tor'), tor);
    writeFileSync(at(name, 'tor.o'), object);
    const manifest = {
      schema: 'tearless.live-build/v1',
      version: `0.4.9.${name}`,
      buildId: findBuildId(tor),
      compiler: 'cc',
      configure: [],
      reserveLongs: 0,
      ...how,
      sha256: { tor: sha256(tor), object: sha256(object) },
      builtAt: '2026-01-01T00:00:00Z',
    };
    writeFileSync(at(name, 'manifest.json'), JSON.stringify(manifest));
  };

  before(() => {
    build('1', former);
    build('2', former.replace('c->fd +', 'c->fd * 2 +'));
    build('3', former.replace('int fd; char *name;', 'char *name; int fd;'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('verdict tells what could be carried over, as text and as JSON', async () => {
    const { exitCode, stdout } = await run('verdict', '1', '2');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^0\.4\.9\.1 to 0\.4\.9\.2\ncode only: /);
    assert.match(stdout, /^functions {2}0 the same, 1 changed, 0 with other lines only, 0 added, 0 removed$/m);
    const json = JSON.parse((await run('verdict', '1', '2', '--json')).stdout);
    assert.equal(json.schema, 'tearless.live-verdict/v1');
    assert.deepEqual([json.verdict, json.reasons, json.functions.changed], ['code-only', [], { work: 'code' }]);
  });

  it('verdict ends with 7 and says what stands in the way', async () => {
    const { exitCode, stdout } = await run('verdict', '1', '3');
    assert.equal(exitCode, 7);
    assert.match(stdout, /refused: an ordinary restart is the way/);
    assert.match(stdout, /^ {2}struct conn\n(?: {4}.*\n)* {4}fd was at 0 and is at 8: /m);
    const explained = await run('verdict', '1', '3', '--explain', 'conn');
    assert.match(
      explained.stdout,
      /^struct conn\n {2}members lie elsewhere in their type: .*\n(?: {4}.*\n)* {4}fd was at 0 and is at 8\n/m,
    );
    assert.match((await run('verdict', '1', '3', '--explain', 'nobody')).stdout, /nothing about nobody has changed/);
  });

  it('verdict takes the word of rules for what new members begin with', async () => {
    const roomy = former.replace('char *name;', 'char *name; unsigned long tearless_reserve[2];');
    build('5', roomy);
    build('6', roomy.replace('tearless_reserve[2]', 'window; unsigned long tearless_reserve[1]'));
    const without = await run('verdict', '5', '6');
    assert.equal(without.exitCode, 7, without.stdout);
    assert.match(without.stdout, /needs a rule: .*[\s\S]*struct conn\.window/);
    writeFileSync(at('rules.yaml'), "schema: tearless.live-rules/v1\nmembers: { 'struct conn.window': zero }\n");
    const { exitCode, stdout } = await run('verdict', '5', '6', '--rules', 'rules.yaml');
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /uses reserve: /);
    const other = await run('verdict', '1', '2', '--rules', 'rules.yaml');
    assert.equal(other.exitCode, 64);
    assert.match(other.stderr, /rules\.yaml: struct conn\.window: this update adds no such member/);
    const checked = await run('rules', 'check', 'rules.yaml', '5', '6');
    assert.equal(checked.exitCode, 0, checked.stdout);
    assert.match(
      checked.stdout,
      /^rules\.yaml fits 0\.4\.9\.5 to 0\.4\.9\.6\nfirst values: 1 new member\ndoes nothing after/,
    );
    assert.match((await run('rules', 'check', 'gone.yaml', '5', '6')).stderr, /there is no \S*\/gone\.yaml\n/);
    writeFileSync(at('none.yaml'), 'schema: tearless.live-rules/v1\n');
    const open = await run('rules', 'check', 'none.yaml', '5', '6');
    assert.equal(open.exitCode, 7);
    assert.match(open.stdout, /still to be said \(1\):\n {2}struct conn\.window: /);
  });

  it('verdict refuses what is no build, and a build that was changed', async () => {
    mkdirSync(at('empty'));
    const none = await run('verdict', '1', 'empty');
    assert.equal(none.exitCode, 1, none.stderr);
    assert.match((await run('verdict', '1', 'nowhere')).stderr, /there is no \S*\/nowhere\n/);
    assert.match(none.stderr, /empty is no build: it has no manifest\.json/);
    build('4', former);
    appendFileSync(at('4', 'tor'), 'x');
    const changed = await run('verdict', '1', '4');
    assert.equal(changed.exitCode, 5, changed.stderr);
    assert.match(changed.stderr, /4\/tor is not what manifest\.json beside it says/);
    writeFileSync(at('4', 'manifest.json'), '{"schema":"tearless.live-build/v1"}');
    const broken = await run('verdict', '1', '4');
    assert.equal(broken.exitCode, 64, broken.stderr);
    assert.match(broken.stderr, /4\/manifest\.json: /);
  });

  it('apply says what it does before there is a plan, but not to programs', async () => {
    writeFileSync(
      at('tearless.yaml'),
      'version: 1\nfleet: demo\nhosts: { h1: { address: 127.0.0.1, port: 1 } }\nrelays: [h1/a]\n',
    );
    const words = ['apply', 'h1/a', '--to', '2', '--no-rehearsal'];
    assert.match((await run(...words)).stderr, /^reads 2 and the builds beside it\nerror /);
    const { stdout, stderr } = await run(...words, '--json');
    assert.deepEqual([stderr, JSON.parse(stdout).error.code], ['', 'cli-usage']);
    rmSync(at('tearless.yaml'));
  });

  it('build refuses what is no release tree, and a directory that is there', async () => {
    const tree = await run('build', 'empty', '--out', 'out');
    assert.equal(tree.exitCode, 1, tree.stderr);
    assert.match(tree.stderr, /is no release tree of tor: it has no configure/);
    assert.match((await run('build', 'nowhere', '--out', 'out')).stderr, /there is no \S*\/nowhere\n/);
    assert.equal(existsSync(at('out')), false);
    for (const room of ['app', 'core/mainloop', 'feature']) mkdirSync(at('tree', 'src', room), { recursive: true });
    writeFileSync(at('tree', 'configure'), '#!/bin/sh\necho "no compiler here"; exit 3\n', { mode: 0o755 });
    writeFileSync(at('tree', 'src', 'core', 'mainloop', 'mainloop.c'), '');
    assert.equal((await run('build', 'tree', '--out', '1')).exitCode, 5);
    const failed = await run('build', 'tree', '--out', 'out');
    assert.equal(failed.exitCode, 1, failed.stderr);
    assert.match(failed.stderr, /the build failed at 'configure':\s+== configure\s+no compiler here/);
    assert.equal(existsSync(at('out', 'manifest.json')), false);
    const nowhere = await run('build', 'tree', '--out', '1/tor/out');
    assert.match(
      nowhere.stderr,
      /^error live-build-unwritable: \S*\/1\/tor\/out cannot be made: .*\n {2}do .*--out DIR\n$/,
    );
    assert.equal((await run('build', 'tree')).exitCode, 64);
    assert.equal((await run('build', 'tree', '--out', 'o', '--reserve', '0', '--after', '1')).exitCode, 64);
    const differs = await run('build', 'tree', '--out', 'o', '--after', '1');
    assert.equal(differs.exitCode, 5, differs.stderr);
    assert.match(differs.stderr, /1 sets 0 longs aside in each struct, not 8/);
    assert.equal(existsSync(at('o')), false);
  });

  it('build configures as the build was whose layouts it keeps, but for what is said anew', async () => {
    const configure = ['--enable-gpl', '--enable-systemd', '--prefix=/usr'];
    build('11', former, { configure, reserveLongs: 8 });
    writeFileSync(at('11', 'ledger.json'), '{}');
    for (const room of ['app', 'core/mainloop', 'feature']) mkdirSync(at('next', 'src', room), { recursive: true });
    writeFileSync(at('next', 'configure'), '#!/bin/sh\necho "asked: $*"; exit 3\n', { mode: 0o755 });
    writeFileSync(at('next', 'src', 'core', 'mainloop', 'mainloop.c'), '');
    const { stderr } = await run('build', 'next', '--out', 'n', '--after', '11', '--', '--disable-gpl', 'CFLAGS=-O3');
    assert.match(stderr, /asked: .* --enable-systemd --prefix=\/usr --disable-gpl CFLAGS=-O3 CFLAGS=/);
    assert.doesNotMatch(stderr, /--enable-gpl/);
  });

  it('verdict says which words of configure only one of them was built with', async () => {
    build('12', former.replace('c->fd +', 'c->fd * 3 +'), { configure: ['--enable-gpl', '--prefix=/usr'] });
    build('13', former.replace('c->fd +', 'c->fd * 4 +'), { configure: ['--prefix=/usr', 'CFLAGS=-O3'] });
    const { stderr } = await run('verdict', '12', '13');
    assert.match(stderr, /configured otherwise: --enable-gpl only in 12, CFLAGS=-O3 only in 13\n/);
    assert.equal((await run('verdict', '12', '12')).stderr, '');
  });
});
