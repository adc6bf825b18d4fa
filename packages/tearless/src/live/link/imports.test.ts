// New code that asks libraries for what the running program never did.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';
import { Builds, change, type OwnBuild, OwnProgram } from './testing/own-program.ts';

/** A name with two versions, one that is chosen when it is first used, a variable, and one that each thread has. */
const library = `__asm__(".symver ours_early,ours@V1"); __asm__(".symver ours_late,ours@@V2");
int ours_early(int n) { return n + 100; }
int ours_late(int n) { return n + 200; }
static int slow(int n) { return n * 3; }
static int (*choose(void))(int) { return slow; }
int chosen(int n) __attribute__((ifunc("choose")));
int former(int n) { return n; }
int plain = 40;
int *plain_of(void) { return &plain; }
__thread int own = 5;
`;
const versions = 'V1 { global: ours; former; local: *; }; V2 { global: ours; chosen; plain; plain_of; own; } V1;\n';

const source = `#include <stdlib.h>
#include <string.h>
extern int former(int), ours(int), chosen(int), *plain_of(void), plain;
extern __thread int own;
struct words { const char *name; int (*act)(int); };
__attribute__((noinline)) long step(long n) { return former((int)n); }
long work(long n) { return step(n) * 10; }
`;
const stepped = 'return former((int)n);';

describe('new code that asks a library for what the program never did', () => {
  const builds = new Builds();
  const folder = mkdtempSync(join(tmpdir(), 'tearless-imports-'));
  const make = (soname: string, text: string, script: string, ...flags: string[]): string => {
    const path = join(folder, soname);
    writeFileSync(join(folder, 'library.c'), text);
    writeFileSync(join(folder, 'library.map'), script);
    const words = ['-shared', '-fPIC', '-O2', `-Wl,-soname,${soname}`, ...flags, '-o', path];
    execFileSync('gcc', [...words, `-Wl,--version-script=${join(folder, 'library.map')}`, join(folder, 'library.c')]);
    return path;
  };
  let path: string;
  let old: OwnBuild;
  const build = (to: string, ...more: readonly (readonly [string, string])[]): OwnBuild =>
    builds.build(change(source, [stepped, to], ...more), ['-Wl,--no-as-needed', `-Wl,-rpath,${folder}`, path]);
  const reasonsOf = (next: OwnBuild) =>
    decideVerdict(compareBuilds(old.side, next.side)).reasons.filter(({ code }) => code.startsWith('live-import'));

  before(() => {
    path = make('libours.so.1', library, versions);
    old = build(stepped);
  });
  after(() => {
    builds[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  it('finds the version that it was linked with', async () => {
    await using program = await OwnProgram.start(old);
    const next = build('return ours((int)n);');
    assert.deepEqual(
      reasonsOf(next).map(({ code, subject, weight }) => [code, subject, weight]),
      [['live-import-added', 'ours', 'note']],
    );
    assert.match(reasonsOf(next)[0]?.detail ?? '', /libours\.so\.1 has to bring it \(V2\)/);
    assert.equal(await program.run(4), 40);
    await program.apply(program.link(old, next));
    assert.equal(await program.run(4), 2040);
  });

  it('calls what the library chooses, also from the next update on and after it was taken back', async () => {
    await using program = await OwnProgram.start(old);
    const next = build('return chosen((int)n) + (int)strspn("aab", "a") + (memrchr("xyx", \'y\', 3) != 0);', [
      '#include <stdlib.h>',
      '#define _GNU_SOURCE\n#include <stdlib.h>',
    ]);
    const update = program.link(old, next);
    assert.ok(update.hooks.up.length > 0);
    await program.apply(update);
    assert.equal(await program.run(4), 150);
    const later = build('return chosen((int)n) + 1;');
    const second = program.link(next, later);
    await program.apply(second);
    assert.equal(await program.run(4), 130);
    await program.rollBack(second);
    assert.equal(await program.run(4), 150);
    await program.rollBack(update);
    assert.equal(await program.run(4), 40);
  });

  it('has to find the same libraries at the stop', async () => {
    await using program = await OwnProgram.start(old);
    const { expected } = program.link(old, build('return ours((int)n);'));
    const [mapping] = program.mappings.filter((one) => one.path === path && one.offset === 0n);
    assert.deepEqual(
      expected.map(({ address }) => address),
      [mapping?.from],
    );
    assert.deepEqual(program.link(old, build('return former((int)n) + 1;')).expected, []);
  });

  it('is not bound as the program was started, where it asks for another version', async () => {
    const early = library.slice(library.indexOf('\n') + 1).replace('ours_early', 'ours');
    make('libours.so.1', early, versions.replace('V2 { global: ours;', 'V2 { global:'));
    const first = build('return ours((int)n);');
    make('libours.so.1', library, versions);
    await using program = await OwnProgram.start(first);
    assert.equal(await program.run(4), 1040);
    await program.apply(program.link(first, old));
    const next = build('return ours((int)n) + 0 * n;');
    assert.equal(decideVerdict(compareBuilds(old.side, next.side)).verdict, 'code-only');
    await program.apply(program.link(old, next));
    assert.equal(await program.run(4), 2040);
  });

  it('may hold the address of a function in data', async () => {
    await using program = await OwnProgram.start(old);
    const next = build('return table[n & 1].act((int)n);', [
      'struct words { const char *name; int (*act)(int); };',
      'struct words { const char *name; int (*act)(int); };\nstatic struct words table[] = { { "a", ours }, { "b", former } };',
    ]);
    await program.apply(program.link(old, next));
    assert.deepEqual([await program.run(4), await program.run(5)], [2040, 50]);
    const held = build('return act[n & 1]((int)n);', [
      'struct words { const char *name; int (*act)(int); };',
      'static int (*act[])(int) = { chosen, former };',
    ]);
    assert.throws(() => program.link(old, held), { code: 'live-import-unfit' });
  });

  it('is refused variables of threads, and such as a program has a copy of, by name', () => {
    const thread = reasonsOf(build('return own;'));
    assert.deepEqual(
      thread.map(({ code, subject, weight }) => [code, subject, weight]),
      [['live-import-thread', 'own', 'refuse']],
    );
    const copied = reasonsOf(build('return plain;'));
    assert.deepEqual(
      copied.map(({ code, subject, weight }) => [code, subject, weight]),
      [['live-import-copied', 'plain', 'refuse']],
    );
  });

  it('is refused what the loaded library lacks, though the one it was linked with has it', async () => {
    await using program = await OwnProgram.start(old);
    make('libours.so.1', `${library}int late(int n) { return n; }\n`, versions.replace('own;', 'own; late;'));
    const next = build('return late((int)n);', ['extern int former(int)', 'extern int late(int), former(int)']);
    assert.throws(() => program.link(old, next), { code: 'live-import-missing', subject: 'late' });
    make('libours.so.1', library, versions);
  });

  it('is refused what a library brings that came by another way too, since either may be meant', async () => {
    const preload = make('libother.so', 'int ours(int n) { return -n; }\n', '{ global: ours; };');
    const before = process.env.LD_PRELOAD;
    process.env.LD_PRELOAD = preload;
    try {
      await using program = await OwnProgram.start(old);
      const next = build('return ours((int)n);');
      assert.throws(() => program.link(old, next), { code: 'live-import-ambiguous', subject: 'ours' });
    } finally {
      if (before === undefined) delete process.env.LD_PRELOAD;
      else process.env.LD_PRELOAD = before;
    }
  });
});
