// Entries of functions: a jump is only written where the former code has room for it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LiveError } from '../live-error.ts';
import { Builds, change, OwnProgram } from './testing/own-program.ts';

it('a function that was too short for a jump is not written over, however long it has become', async () => {
  const cold = '__attribute__((cold, noinline))';
  const tiny = ['one', 'two', 'three'].map((name, at) => `${cold} int ${name}(void) { return ${at}; }\n`).join('');
  const source = `${tiny}long work(long n) { return n < 0 ? one() : n == 0 ? two() : three(); }\n`;
  using builds = new Builds();
  const former = builds.build(source);
  const next = builds.build(change(source, ['{ return 0; }', '{ static volatile int n; return n++ * 7 + 40; }']));
  const { functions } = former.side.image;
  assert.ok((functions.get('one')?.section.alignBytes ?? 16) < 9, 'others come right behind it');
  await using program = await OwnProgram.start(former);
  assert.throws(
    () => program.link(former, next),
    (error) => error instanceof LiveError && error.code === 'live-link-no-room' && error.subject === 'one',
  );
});

it('a function that comes again is another than the one that was gone, which who holds it goes on calling', async () => {
  const held = (type: string, body: string): string =>
    `__attribute__((noinline)) long held(${type}) { return ${body}; }\n`;
  const rest = (call: string, start: string): string => `typedef long (*call_t)(long); call_t kept;
long work(long n) { if (!kept) { ${start} } return ${call} * 1000 + (kept ? kept(n) : 0); }\n`;
  using builds = new Builds();
  const first = builds.build(`${held('long n', 'n + 1')}${rest('held(n)', 'kept = held;')}`);
  const without = builds.build(rest('n', ''));
  const again = builds.build(`${held('long n, long m', 'n * m')}${rest('held(n, 5)', '')}`);
  await using program = await OwnProgram.start(first);
  assert.equal(await program.run(3), 4004);
  await program.apply(program.link(first, without));
  assert.equal(await program.run(3), 3004);
  await program.apply(program.link(without, again));
  assert.equal(await program.run(3), 15_004);
});

it('a function and a variable that only the program sees are found in it', async () => {
  const hidden = '__attribute__((visibility("hidden")))';
  const source = `${hidden} long count = 4;
${hidden} __attribute__((noinline)) long add(long n) { return count += n; }
__attribute__((noinline)) long twice(long n) { return add(n) * 2; }
long work(long n) { return twice(n); }
`;
  using builds = new Builds();
  const former = builds.build(source);
  const next = builds.build(change(source, ['count += n;', 'count += n + 100;']));
  await using program = await OwnProgram.start(former);
  assert.equal(await program.run(1), 10);
  const update = program.link(former, next);
  assert.deepEqual(
    update.redirects.map(({ key }) => key),
    ['add'],
  );
  await program.apply(update);
  assert.equal(await program.run(1), 212);
});
