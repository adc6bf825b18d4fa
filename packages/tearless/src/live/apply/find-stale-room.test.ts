import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resolveRules } from '../rules/resolve-rules.ts';
import { parseRules } from '../rules/rules.ts';
import { compileBuild } from '../testing/compile.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';
import { findStaleRoom } from './find-stale-room.ts';

/** Four bytes behind `fd` are the room that is given and taken. */
const build = (version: string, member: string) => ({
  manifest: { version } as never,
  side: compileBuild({
    'program.c': `struct conn { int fd; ${member} char *name; };\nint work(struct conn *c) { return c->fd; }\n`,
  }),
});
const [bare, kept] = [build('1.0', 'int tearless_reserve;'), build('1.1', 'int tearless_gone_age;')];
const [had, late] = [build('1.0', 'int age;'), build('1.2', 'int late;')];
const rules = (member: string) =>
  parseRules(`schema: tearless.live-rules/v1\nmembers: { struct conn.late: ${member} }\n`, 'rules.yaml');
const zero = rules('zero');

it('room that a build before the last had a member in is not taken for zero, though the last step alone does not show it', () => {
  const differences = compareBuilds(bare.side, late.side);
  const { declared } = resolveRules(zero, { former: bare.side, next: late.side }, differences, 'rules.yaml');
  assert.equal(decideVerdict(differences, declared).verdict, 'uses-reserve');
  assert.equal(
    findStaleRoom([had], late, zero),
    'objects that tor 1.0 made may hold what it kept where struct conn.late would be taken for zero: let the rules write it, with value: 0 and the way to them',
  );
  assert.match(findStaleRoom([bare, had, bare], late, zero) ?? '', /tor 1\.0/);
});

it('nor is that of a member of the same name, which a build in between had not', () => {
  assert.match(findStaleRoom([late], late, zero) ?? '', /tor 1\.2 made/);
});

it('room that no build had a member in is zero, and so is that of types that a build had not', () => {
  assert.equal(findStaleRoom([bare], late, zero), undefined);
  const other = { ...bare, side: compileBuild({ 'program.c': 'int work(int n) { return n; }\n' }) };
  assert.equal(findStaleRoom([other], late, zero), undefined);
});

it('a place that is kept for what is gone is none', () => {
  assert.match(findStaleRoom([kept], late, zero) ?? '', /tor 1\.1 made/);
});

it('what a rule writes does not depend on what was there', () => {
  assert.equal(findStaleRoom([had], late, rules('{ value: 0, of: { from: conns } }')), undefined);
  assert.equal(findStaleRoom([had], late, undefined), undefined);
});
