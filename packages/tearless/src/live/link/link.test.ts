import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkedUpdate } from './link.ts';
import { change, type OwnBuild, type OwnProgram, startForEach } from './testing/own-program.ts';

/** A counter that lives on, an import, a table of addresses, a constant whose address counts, and a dense switch. */
const former = `#include <string.h>
typedef long (*step)(long);
struct kind { const char *name; };
const struct kind plain = { "plain" };
static long calls;
static __attribute__((noinline)) long first(long n) { return n + 1; }
static __attribute__((noinline)) long second(long n) { return n * 2; }
static step steps[] = { first, second };
__attribute__((noinline)) const struct kind *kind_of(long n) { (void)n; return &plain; }
__attribute__((noinline)) long pick(long n) {
  switch (n & 7) { case 0: return 3; case 1: return 1; case 2: return 4; case 3: return 11; case 4: return 5; case 5: return 9; case 6: return 2; default: return 6; }
}
long work(long n) {
  calls++;
  const struct kind *kind = kind_of(n);
  return calls * 1000000 + steps[n & 1](n) * 1000 + pick(n) * 10 + (long)strlen(kind->name) + (kind == &plain ? 0 : 500);
}
`;

describe('an update', () => {
  let old: OwnBuild;
  let program: OwnProgram;
  const builds = startForEach(former, (...started) => {
    [old, program] = started;
  });

  it('brings changed functions, and the program goes on with what it had', async () => {
    assert.equal(await program.run(4), 1_000_000 + 5_000 + 50 + 5);
    const next = builds.build(change(former, ['return n + 1;', 'return n + 7;']));
    const update = program.link(old, next);
    assert.deepEqual(
      update.redirects.map(({ key }) => key),
      ['program.c:first'],
    );
    await program.apply(update);
    assert.equal(await program.run(4), 2_000_000 + 11_000 + 50 + 5);
  });

  it('goes back to the last byte, and what was counted meanwhile stays', async () => {
    const next = builds.build(change(former, ['return n + 1;', 'return n + 7;']));
    const update = program.link(old, next);
    const [{ address } = { address: 0n }] = update.redirects;
    const entry = program.read(address, 16);
    await program.apply(update);
    assert.equal(await program.run(4), 1_000_000 + 11_000 + 50 + 5);
    await program.rollBack(update);
    assert.equal(await program.run(4), 2_000_000 + 5_000 + 50 + 5);
    assert.deepEqual(program.read(address, 16), entry);
  });

  it('brings strings, tables of jumps, new functions, new variables and calls of libraries', async () => {
    const source = change(
      former,
      [
        'static long calls;',
        'static long calls;\nstatic long seen[3] = { 100, 200, 300 };\n__attribute__((noinline)) static long extra(long n) { return seen[n % 3] += (long)strlen("four"); }',
      ],
      ['case 4: return 5;', 'case 4: return extra(4);'],
    );
    await program.apply(program.link(old, builds.build(source)));
    assert.equal(await program.run(4), 1_000_000 + 5_000 + 204 * 10 + 5);
    assert.equal(await program.run(4), 2_000_000 + 5_000 + 208 * 10 + 5);
    assert.equal(await program.run(3), 3_000_000 + 6_000 + 110 + 5);
  });

  it('leaves constants where they are, since others compare their addresses', async () => {
    const next = builds.build(change(former, ['(void)n; return &plain;', 'return n == 77 ? 0 : &plain;']));
    await program.apply(program.link(old, next));
    assert.equal(await program.run(4), 1_000_000 + 5_000 + 50 + 5);
  });

  it('leaves functions at the addresses that tables hold', async () => {
    const source = change(
      former,
      ['static step steps[]', 'static long same(step s) { return s == first; }\nstatic step steps[]'],
      ['(kind == &plain ? 0 : 500)', '(kind == &plain ? 0 : 500) + 900000000 * same(steps[0])'],
      ['return n + 1;', 'return n + 2;'],
    );
    await program.apply(program.link(old, builds.build(source)));
    assert.equal(await program.run(4), 1_000_000 + 6_000 + 50 + 5 + 900_000_000);
  });

  it('follows another, over many generations, and each can be taken back', async () => {
    let last: OwnBuild = old;
    const updates: LinkedUpdate[] = [];
    for (let round = 1; round <= 6; round++) {
      const next = builds.build(change(former, ['return n + 1;', `return n + ${10 * round};`]));
      const update = program.link(last, next);
      await program.apply(update);
      updates.push(update);
      assert.equal(await program.run(0), round * 1_000_000 + 10 * round * 1000 + 30 + 5);
      last = next;
    }
    for (const update of updates.reverse()) await program.rollBack(update);
    assert.equal(await program.run(0), 7_000_000 + 1000 + 30 + 5);
  });

  it('that needs what no loaded library has is refused by name', async () => {
    const source = change(former, ['return n + 1;', 'extern long outside(long); return outside(n);']);
    const outside = builds.build(source, ['-Wl,--unresolved-symbols=ignore-all']);
    assert.throws(() => program.link(old, outside), { code: 'live-link-unresolved', subject: 'outside' });
  });

  it('that would lie too far away is refused', async () => {
    program.at += 2n ** 33n;
    const next = builds.build(change(former, ['return n + 1;', 'return n + 7;']));
    assert.throws(() => program.link(old, next), { code: 'live-link-too-far' });
  });
});
