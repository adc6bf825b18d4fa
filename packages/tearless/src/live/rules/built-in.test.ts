// What every update of a tor does beside its rules, in a program with the functions that tor has for it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Builds, change, OwnProgram } from '../link/testing/own-program.ts';
import { compileBuild } from '../testing/compile.ts';
import { withBuiltIn } from './built-in.ts';

const version = `#include <string.h>
#include <stdio.h>
static char the_tor_version[128] = "";
static const char short_version[] = "1";
const char *get_version(void) {
  if (the_tor_version[0] == 0) snprintf(the_tor_version, sizeof the_tor_version, "%s", short_version);
  return the_tor_version;
}
`;
const rest = `#include <string.h>
struct event_base { int left; };
static struct event_base base;
static const char *dirty;
static int marks;
const char *get_version(void);
__attribute__((noinline)) struct event_base *tor_libevent_get_base(void) { return &base; }
__attribute__((noinline)) void tor_libevent_exit_loop_after_callback(struct event_base *one) { one->left++; }
__attribute__((noinline)) void mark_my_descriptor_dirty(const char *reason) { dirty = reason; marks++; }
void (*const kept[])(void) = { (void (*)(void))tor_libevent_exit_loop_after_callback, (void (*)(void))mark_my_descriptor_dirty, (void (*)(void))tor_libevent_get_base };
long work(long n) { return get_version()[0] - '0' + base.left * 10 + marks * 100 + (dirty ? (long)strlen(dirty) > 5 : 0) * 1000 + n; }
`;

it('drops the cached version, and says so to directories, forward and back', async () => {
  using builds = new Builds();
  const sources = { 'version.c': version };
  const first = builds.build(rest, [], sources);
  const second = builds.build(rest, [], { 'version.c': change(version, ['"1"', '"2"']) });
  await using program = await OwnProgram.start(first);
  assert.equal(await program.run(0), 1);
  const update = program.link(first, second);
  await program.apply(update);
  assert.equal(await program.run(0), 1112);
  await program.rollBack(update);
  assert.equal(await program.run(0), 1221);
});

it('does nothing of it where the program has no such functions, or others of that name', () => {
  const [none, others] = [
    'int work(int n) { return n; }\n',
    'void mark_my_descriptor_dirty(int n, int m) { (void)n; (void)m; }\nint get_version(void) { return 4; }\nchar the_tor_version[4];\n',
  ].map((text) => compileBuild({ 'version.c': text }));
  assert.ok(none !== undefined && others !== undefined);
  const nothing = { members: [], up: [], down: [] };
  assert.deepEqual(withBuiltIn(nothing, new Set(), { former: none, next: none }), { up: [], down: [] });
  const [first] = withBuiltIn(nothing, new Set(), { former: others, next: others }).up;
  assert.notEqual(first?.kind, 'call');
});
