// What there is one of, of a type whose layout has moved: it is left as it was, and made again by the program's own code.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';
import { resolveRules } from './resolve-rules.ts';
import { parseRules } from './rules.ts';

const source = `#include <stdlib.h>
struct cache { int limit; int used; };
struct stats { int seen; };
static struct cache *the_cache;
static struct stats stats;
static int arrived = 40;
__attribute__((noinline)) void make_cache(void) {
  the_cache = calloc(1, sizeof *the_cache);
  the_cache->limit = arrived / 4;
}
__attribute__((noinline)) void count(void) { stats.seen = arrived; }
long work(long n) {
  if (!the_cache) { make_cache(); count(); }
  return n == 0 ? the_cache->limit * 100 + ++the_cache->used : ++stats.seen;
}
`;
const rules = `schema: tearless.live-rules/v1
passing: [struct cache, struct stats]
anew: [stats]
up: { variables: { the_cache: zero }, calls: ['make_cache()', 'count()'] }
down: { variables: { the_cache: zero }, calls: ['make_cache()'] }
`;

const builds = new Builds();
let old: OwnBuild;
let next: OwnBuild;
before(() => {
  old = builds.build(source);
  next = builds.build(
    change(
      source,
      ['struct cache { int limit; int used; };', 'struct cache { long late; long used; long limit; };'],
      ['struct stats { int seen; };', 'struct stats { long late[3]; long seen; };'],
      ['the_cache->limit = arrived / 4;', 'the_cache->limit = arrived / 2; the_cache->late = 7;'],
    ),
  );
});
after(() => builds[Symbol.dispose]());

it('is refused without a rule, and taken with rules by which none of the former is used on', () => {
  const differences = compareBuilds(old.side, next.side);
  const { verdict, reasons } = decideVerdict(differences);
  assert.equal(verdict, 'refuse');
  assert.ok(reasons.some(({ code, subject }) => code === 'live-variable-resized' && subject === 'program.c:stats'));
  const sides = { former: old.side, next: next.side };
  const { declared } = resolveRules(parseRules(rules, 'r.yaml'), sides, differences, 'r.yaml');
  const said = decideVerdict(differences, declared);
  assert.equal(said.verdict, 'code-only');
  assert.match(said.reasons.find(({ code }) => code === 'live-variable-resized')?.detail ?? '', /beside the former/);
});

it('is made again by new code, and by the former on the way back, which has its own variable again', async () => {
  await using program = await OwnProgram.start(old);
  assert.deepEqual([await program.run(0), await program.run(0), await program.run(1)], [1001, 1002, 41]);
  const update = program.link(old, next, rules);
  await program.apply(update);
  assert.deepEqual([await program.run(0), await program.run(0), await program.run(1)], [2001, 2002, 41]);
  assert.equal(await program.run(1), 42);
  await program.rollBack(update);
  assert.deepEqual([await program.run(0), await program.run(1)], [1001, 42]);
});
