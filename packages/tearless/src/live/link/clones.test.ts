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

it('a function that changes alone reads the constant that an earlier update brought, where the compiler had made one of two', async () => {
  const alike = `static const int first[] = { 11, 13, 17, 19 };
static const int second[] = { 11, 13, 17, 19 };
__attribute__((noinline)) long left(long n) { return first[n & 3]; }
__attribute__((noinline)) long right(long n) { return second[n & 3] * 3; }
long work(long n) { return left(n) * 1000 + right(n); }
`;
  using builds = new Builds();
  const one = builds.build(alike);
  const { constants } = one.side.image;
  const [first, second] = ['program.c:first', 'program.c:second'].map((key) => constants.get(key));
  assert.ok(first !== undefined && second !== undefined && first.section === second.section, 'the compiler makes one');
  const text = change(alike, ['{ 11,', '{ 23,'], ['second[] = { 11,', 'second[] = { 23,']);
  const apart = change(text, ['first[n & 3];', 'first[n & 3] + 2;'], ['second[] = { 23,', 'second[] = { 29,']);
  const [two, three] = [text, apart].map((source) => builds.build(source));
  assert.ok(two !== undefined && three !== undefined);
  await using program = await OwnProgram.start(one);
  assert.equal(await program.run(0), 11_033);
  await program.apply(program.link(one, two));
  assert.equal(await program.run(0), 23_069);
  await program.apply(program.link(two, three));
  assert.equal(await program.run(0), 25_087);
});
