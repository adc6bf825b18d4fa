// What debuggers and unwinders see of a program that was updated: asked of gdb, and of the C library.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { Gdb, listFrames } from '../testing/gdb.ts';
import { jitInterface } from './jit-interface.ts';

const former = `#include <execinfo.h>
#include <stdlib.h>
${jitInterface}
__attribute__((noinline, noipa)) long leaf(long n) { return n; }
__attribute__((noinline, noipa)) long depth(void) { void *frames[64]; return backtrace(frames, 64); }
__attribute__((noinline, noipa)) long middle(long n) { long room[9] = { n }; return leaf(n) + depth() * 100 + room[n & 1] * 0; }
__attribute__((noinline, noipa)) long outer(long n) { return middle(n) + 1; }
long work(long n) { return outer(n) + 2; }
`;
const later = change(
  former,
  [
    'long leaf(long n) { return n; }',
    'long leaf(long n) { return n + 5; }\n__attribute__((noinline, noipa)) long brought(long n) { return leaf(n) + 1; }\nint warm(void) { return brought(3); }',
  ],
  ['return leaf(n) + depth()', 'return leaf(n + 1) + brought(n) * 0 + depth()'],
);
describe('a program that was updated', () => {
  const builds = new Builds();
  let old: OwnBuild;
  let next: OwnBuild;
  let program: OwnProgram;
  before(() => {
    old = builds.build(former);
    next = builds.build(later);
  });
  beforeEach(async () => {
    program = await OwnProgram.start(old);
    // The C library loads the unwinder when it is first asked.
    assert.ok((await program.run(1)) > 500);
  });
  afterEach(() => program[Symbol.asyncDispose]());
  after(() => builds[Symbol.dispose]());

  it('unwinds through its new code', async () => {
    const before_ = await program.run(1);
    assert.ok(before_ > 500, 'the former code is seen up to its beginning');
    const update = program.link(old, next);
    await program.apply(update);
    assert.equal(await program.run(1), before_ + 6);
    // As when an update that was taken back is made again.
    for (const hook of update.hooks.up) assert.equal(await program.ask(`call ${hook.toString(16)}`), '0');
    assert.equal(await program.run(1), before_ + 6);
  });

  it('has its new frames by name in gdb, generation after generation', async () => {
    await program.apply(program.link(old, next));
    const third = builds.build(change(later, ['return middle(n) + 1;', 'return middle(n) + 7;']));
    await program.apply(program.link(next, third));
    await using gdb = new Gdb(program.pid, ['break depth', 'echo ready\\n', 'continue', 'backtrace', 'detach']);
    await gdb.said(/^ready/);
    assert.ok((await program.run(1)) > 500);
    const said = await gdb.ended();
    assert.deepEqual(listFrames(said).slice(0, 5), ['depth', 'middle', 'outer', 'work', 'main'], said);
  });

  it('stops at a breakpoint in new code that a hook runs', async () => {
    await using gdb = new Gdb(program.pid, [
      'set breakpoint pending on',
      'break brought',
      'echo ready\\n',
      'continue',
      'backtrace',
      'detach',
    ]);
    await gdb.said(/^ready/);
    const update = program.link(old, next, "schema: tearless.live-rules/v1\nup: { calls: ['warm()'] }\n");
    await program.apply(update);
    const said = await gdb.ended();
    assert.match(said, /^#0 +.*brought \(/m, said);
    assert.match(said, /^#1 +.*warm \(/m, said);
    assert.match(said, /in main \(/, said);
  });
});
