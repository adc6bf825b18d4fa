// Options that an update brings, in a program that keeps them as tor does: a list made once, and objects with a number that only their
// own list accepts.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';

const config = `#include <stdlib.h>
#include <string.h>
typedef struct smartlist_t { void **list; int num_used; int capacity; } smartlist_t;
typedef struct magic_t { const char *name; unsigned magic_val; int offset; } magic_t;
typedef struct var_t { const char *name; int offset; } var_t;
typedef struct config_format_t { const var_t *vars; } config_format_t;
typedef struct config_mgr_t { const config_format_t *toplevel; smartlist_t *subconfigs; smartlist_t *vars; magic_t toplevel_magic; } config_mgr_t;
typedef struct or_options_t { unsigned magic; int authority; int port; int late; } or_options_t;
static const var_t option_vars[] = { { "DataDirectory", 0 }, { "Port", 8 }, { 0, 0 } };
static const config_format_t options_format = { option_vars };
static const var_t module_vars[] = { { "Enabled", 0 }, { 0, 0 } };
const config_format_t module_options_fmt = { module_vars };
static const config_format_t *const modules[] = { &module_options_fmt };
static config_mgr_t *options_mgr;
static or_options_t *global_options;
static unsigned made = 7;
static void add(smartlist_t *list, const void *one) { list->list[list->num_used++] = (void *)one; }
static smartlist_t *fresh(void) { smartlist_t *list = calloc(1, sizeof *list); list->list = calloc(16, sizeof(void *)); return list; }
__attribute__((noinline)) static config_mgr_t *get_options_mgr(void) {
  if (!options_mgr) {
    config_mgr_t *mgr = calloc(1, sizeof *mgr);
    mgr->toplevel = &options_format; mgr->subconfigs = fresh(); mgr->vars = fresh();
    for (const var_t *one = options_format.vars; one->name; one++) add(mgr->vars, one);
    for (unsigned i = 0; i < sizeof modules / sizeof *modules; i++) {
      add(mgr->subconfigs, modules[i]);
      for (const var_t *one = modules[i]->vars; one->name; one++) add(mgr->vars, one);
    }
    mgr->toplevel_magic.name = "or_options_t"; mgr->toplevel_magic.magic_val = made += 1000;
    options_mgr = mgr;
  }
  return options_mgr;
}
__attribute__((noinline)) int option_is_recognized(const char *name) {
  config_mgr_t *mgr = get_options_mgr();
  for (int i = 0; i < mgr->vars->num_used; i++) if (!strcmp(((var_t *)mgr->vars->list[i])->name, name)) return 1;
  return 0;
}
__attribute__((noinline)) const or_options_t *get_options(void) {
  if (!global_options) {
    global_options = calloc(1, sizeof *global_options);
    global_options->magic = get_options_mgr()->toplevel_magic.magic_val;
  }
  if (global_options->magic != get_options_mgr()->toplevel_magic.magic_val) abort();
  return global_options;
}
__attribute__((noinline)) int authdir_mode(const or_options_t *options) { return options->authority; }
long work(long n) {
  if (n == 0) return get_options()->late;
  if (n == 9) { (void)get_options(); global_options->authority = 1; return authdir_mode(get_options()); }
  const char *const names[] = { "", "Port", "Late", "Enabled", "Limit" };
  return option_is_recognized(names[n]);
}
`;
const empty = 'int nothing_else;\n';
const late: readonly [string, string] = ['{ "Port", 8 },', '{ "Port", 8 }, { "Late", 12 },'];
const limit: readonly [string, string] = ['{ "Enabled", 0 },', '{ "Enabled", 0 }, { "Limit", 4 },'];
const module: readonly [string, string] = [
  'static const config_format_t *const modules[] = { &module_options_fmt }',
  'const config_format_t another_options_fmt = { module_vars };\nstatic const config_format_t *const modules[] = { &module_options_fmt, &another_options_fmt }',
];

describe('options that another build knows', () => {
  const builds = new Builds();
  const build = (text: string): OwnBuild => builds.build(empty, [], { 'config.c': text });
  let old: OwnBuild;
  let program: OwnProgram;
  before(() => {
    old = build(config);
  });
  beforeEach(async () => {
    program = await OwnProgram.start(old);
  });
  afterEach(() => program[Symbol.asyncDispose]());
  after(() => builds[Symbol.dispose]());

  const known = async (): Promise<number[]> => [
    await program.run(1),
    await program.run(2),
    await program.run(3),
    await program.run(4),
  ];

  it('are known after the update, and not after the way back; objects that were there are accepted as before', async () => {
    assert.equal(await program.run(0), 0);
    const update = program.link(old, build(change(config, late, limit)));
    assert.deepEqual(await known(), [1, 0, 1, 0]);
    await program.apply(update);
    assert.deepEqual(await known(), [1, 1, 1, 1]);
    assert.equal(await program.run(0), 0);
    await program.rollBack(update);
    assert.deepEqual(await known(), [1, 0, 1, 0]);
    assert.equal(await program.run(0), 0);
  });

  it('are told in the verdict, since a directory authority refuses them', () => {
    const codes = (next: OwnBuild) => decideVerdict(compareBuilds(old.side, next.side)).reasons.map(({ code }) => code);
    assert.deepEqual(codes(build(change(config, late))), ['live-options-changed']);
    assert.deepEqual(codes(build(change(config, ['made += 1000', 'made += 2000']))), []);
  });

  it('change nothing where no list was made yet', async () => {
    await program.apply(program.link(old, build(change(config, late))));
    assert.deepEqual(await known(), [1, 1, 1, 0]);
    assert.equal(await program.run(0), 0);
  });

  it('are refused to a directory authority, which goes on with those that it has', async () => {
    assert.equal(await program.run(9), 1);
    const update = program.link(old, build(change(config, late)));
    const [hook] = update.hooks.up;
    assert.ok(hook !== undefined);
    await program.apply({ ...update, hooks: { ...update.hooks, up: [], down: [] } });
    assert.equal(await program.ask(`call ${hook.toString(16)}`), '1');
    await program.rollBack(update);
    assert.deepEqual(await known(), [1, 0, 1, 0]);
  });

  it('are refused where a module comes along with options: objects that were there have no place for it', async () => {
    assert.equal(await program.run(0), 0);
    const next = build(change(config, module));
    const { verdict, reasons } = decideVerdict(compareBuilds(old.side, next.side));
    assert.equal(verdict, 'refuse');
    assert.deepEqual([reasons[0]?.code, reasons[0]?.subject], ['live-options-module', 'another_options_fmt']);
    const update = program.link(old, next);
    assert.match(update.hooks.steps[0] ?? '', /^makes the list config.c:options_mgr anew/);
    const [hook] = update.hooks.up;
    assert.ok(hook !== undefined);
    await program.apply({ ...update, hooks: { ...update.hooks, up: [], down: [] } });
    assert.equal(await program.ask(`call ${hook.toString(16)}`), '1');
    assert.equal(await program.run(0), 0);
  });
});
