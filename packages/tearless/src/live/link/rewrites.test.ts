import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { change, type OwnBuild, type OwnProgram, startForEach } from './testing/own-program.ts';

/** Tables that the program never writes to, but could; and one that it counts in. */
const former = `#include <string.h>
typedef long (*step)(long);
static __attribute__((noinline)) long first(long n) { return n + 1; }
static __attribute__((noinline, used)) long second(long n) { return n * 2; }
static step steps[] = { first, second };
static const char *hosts[] = { "one", "three" };
static const char *more[] = { "a", "b" };
static long counts[] = { 10, 20 };
static long empty[4];
__attribute__((noinline)) void touch(void) { hosts[0] = "touched"; more[0] = "touched"; }
__attribute__((noinline)) long table(long n) { return steps[n & 1](n) * 100 + (long)strlen(hosts[n & 1]) + empty[n & 3]; }
__attribute__((noinline)) long size(void) {
  long all = 0;
  for (unsigned i = 0; i < sizeof more / sizeof *more; i++) all += (long)strlen(more[i]);
  return all;
}
long work(long n) {
  if (n == 99) touch();
  return table(n) * 10000 + size() * 1000 + counts[n & 1]++;
}
`;

describe('tables that begin with other values', () => {
  let old: OwnBuild;
  let program: OwnProgram;
  const builds = startForEach(former, (...started) => {
    [old, program] = started;
  });

  const third = change(
    former,
    [
      'static step steps[] = { first, second }',
      'static long third(long n) { return n + 500; }\nstatic step steps[] = { first, third }',
    ],
    ['"three"', '"thirteen"'],
    ['empty[4];', 'empty[4] = { 0, 3 };'],
  );

  it('are rewritten where memory still has what they began with, with what they point to', async () => {
    assert.equal(await program.run(1), (2 * 100 + 5) * 10000 + 2 * 1000 + 20);
    const update = program.link(old, builds.build(third));
    await program.apply(update);
    assert.equal(await program.run(1), (501 * 100 + 8 + 3) * 10000 + 2 * 1000 + 21);
    await program.rollBack(update);
    assert.equal(await program.run(1), (2 * 100 + 5) * 10000 + 2 * 1000 + 22);
  });

  it('are rewritten again by the next, over what the former wrote', async () => {
    const second = builds.build(third);
    await program.apply(program.link(old, second));
    await program.apply(program.link(second, builds.build(change(third, ['"thirteen"', '"xx"']))));
    assert.equal(await program.run(1), (501 * 100 + 2 + 3) * 10000 + 2 * 1000 + 20);
  });

  it('are left alone, and the update refused, where the program has written to them', async () => {
    await program.run(99);
    const update = program.link(old, builds.build(third));
    await assert.rejects(program.apply(update), { code: 'ERR_ASSERTION' });
    assert.equal(await program.run(1), (2 * 100 + 5) * 10000 + 8 * 1000 + 21);
  });

  it('are kept as they are where a rule says so', async () => {
    await program.run(1);
    const next = builds.build(change(former, ['{ 10, 20 }', '{ 1000, 2000 }']));
    const update = program.link(old, next, 'schema: tearless.live-rules/v1\nkeep: [counts]\n');
    await program.apply(update);
    assert.equal((await program.run(1)) % 1000, 21);
  });

  it('of another length come beside the former, for all that use them', async () => {
    const grown = builds.build(change(former, ['{ "a", "b" }', '{ "a", "b", "cc", "ddd" }']));
    const update = program.link(old, grown);
    assert.deepEqual(update.redirects.map(({ key }) => key).sort(), ['size', 'touch']);
    await program.apply(update);
    assert.equal(Math.floor((await program.run(1)) / 1000) % 10, 7);
    await program.run(99);
    assert.equal(Math.floor((await program.run(0)) / 1000), 107 * 10 + 13);
    await program.rollBack(update);
    assert.equal(Math.floor((await program.run(1)) / 1000) % 10, 2);
  });

  const anew = (...names: readonly string[]): string => `schema: tearless.live-rules/v1\nanew: [${names.join(', ')}]\n`;
  const sizeOf = async (): Promise<number> => Math.floor((await program.run(1)) / 1000) - (2 * 100 + 5) * 10;

  it('of another length take the place of those that were written to where a rule says so, which the way back has again', async () => {
    const [grown, longer] = ['{ "a", "b", "cc", "ddd" }', '{ "a", "b", "cc", "d", "e" }'].map((table) =>
      builds.build(change(former, ['{ "a", "b" }', table])),
    );
    assert.ok(grown !== undefined && longer !== undefined);
    await program.run(99);
    assert.equal(await sizeOf(), 8);
    await assert.rejects(program.apply(program.link(old, grown)), { code: 'ERR_ASSERTION' });
    const update = program.link(old, grown, anew('more'));
    await program.apply(update);
    assert.equal(await sizeOf(), 7);
    await program.run(99);
    assert.equal(await sizeOf(), 13);
    const further = program.link(grown, longer, anew('program.c:more'));
    await program.apply(further);
    assert.equal(await sizeOf(), 6);
    await program.rollBack(further);
    assert.equal(await sizeOf(), 13);
    await program.rollBack(update);
    assert.equal(await sizeOf(), 8);
  });

  it('of the same length lie beside those that were written to where a rule says so, and nothing is written over', async () => {
    const next = builds.build(change(former, ['{ 10, 20 }', '{ 1000, 2000 }']));
    await program.run(1);
    const before = Buffer.from(program.read(program.generation.addresses.get('program.c:counts') ?? 0n, 16));
    const update = program.link(old, next, anew('counts'));
    assert.deepEqual(
      update.redirects.map(({ key }) => key),
      ['work'],
    );
    const { addresses } = program.generation;
    await program.apply(update);
    const last = async (): Promise<number> => (await program.run(1)) - (2 * 100 + 5) * 10000 - 2 * 1000;
    assert.deepEqual([await last(), await last()], [2000, 2001]);
    assert.deepEqual(Buffer.from(program.read(addresses.get('program.c:counts') ?? 0n, 16)), before);
    await program.rollBack(update);
    assert.equal(await last(), 21);
  });
});
