// Clones that the compiler makes of functions, over several updates: whoever calls one must get the latest.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Builds, change, OwnProgram } from './testing/own-program.ts';

const source = `static __attribute__((noinline)) long scale(long n, long why) { (void)why; return n * 3; }
__attribute__((noinline)) long left(long n) { return scale(n, 1) + 1; }
__attribute__((noinline)) long right(long n) { return scale(n + 1, 2) + 2; }
long work(long n) { return left(n) * 1000 + right(n); }
`;

it('a caller that changes alone calls the clone that an earlier update brought', async () => {
  using builds = new Builds();
  const first = builds.build(source);
  assert.ok(
    [...first.side.image.functions.keys()].some((key) => /scale\.(isra|constprop)/.test(key)),
    'the compiler makes a clone of it',
  );
  const secondText = change(source, ['n * 3', 'n * 5']);
  const second = builds.build(secondText);
  const third = builds.build(change(secondText, ['scale(n, 1) + 1', 'scale(n, 1) + 7']));
  await using program = await OwnProgram.start(first);
  assert.equal(await program.run(10), 31_000 + 35);
  await program.apply(program.link(first, second));
  assert.equal(await program.run(10), 51_000 + 57);
  await program.apply(program.link(second, third));
  assert.equal(await program.run(10), 57_000 + 57);
});
