// Keys of a state file and options of onion services that an update brings, in programs that keep them as tor does: each list made once;
// one object of the one, with lines of its file that its list does not know; objects of the other that are gone when they were read.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';

/** What lists and objects are made and read with, for numbers alone. */
const configuration = `#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct smartlist_t { void **list; int num_used; int capacity; } smartlist_t;
typedef struct config_line_t { char *key; char *value; struct config_line_t *next; } config_line_t;
typedef struct magic_t { const char *name; unsigned magic_val; } magic_t;
typedef struct var_t { const char *name; int offset; int initial; } var_t;
typedef struct config_format_t { int size; const var_t *vars; int lines; void (*check)(const void *object); } config_format_t;
typedef struct config_mgr_t { const config_format_t *toplevel; smartlist_t *subconfigs; smartlist_t *vars; magic_t toplevel_magic; } config_mgr_t;
static unsigned made = 7;
__attribute__((noinline)) config_mgr_t *config_mgr_new(const config_format_t *format) {
  config_mgr_t *mgr = calloc(1, sizeof *mgr);
  mgr->toplevel = format; mgr->subconfigs = calloc(1, sizeof(smartlist_t)); mgr->vars = calloc(1, sizeof(smartlist_t));
  mgr->vars->list = calloc(16, sizeof(void *));
  for (const var_t *one = format->vars; one->name; one++) mgr->vars->list[mgr->vars->num_used++] = (void *)one;
  mgr->toplevel_magic.magic_val = made += 1000;
  return mgr;
}
static void check(const config_mgr_t *mgr, const void *object) {
  if (*(const unsigned *)object != mgr->toplevel_magic.magic_val) abort();
}
static const var_t *find(const config_mgr_t *mgr, const char *key) {
  for (int i = 0; i < mgr->vars->num_used; i++) {
    const var_t *one = mgr->vars->list[i];
    if (!strcmp(one->name, key)) return one;
  }
  return NULL;
}
static int *place(const var_t *one, const void *object) { return (int *)((char *)object + one->offset); }
static config_line_t **lines_of(const config_mgr_t *mgr, const void *object) {
  return (config_line_t **)((char *)object + mgr->toplevel->lines);
}
__attribute__((noinline)) void *config_new(const config_mgr_t *mgr) {
  unsigned *object = calloc(1, mgr->toplevel->size);
  *object = mgr->toplevel_magic.magic_val;
  return object;
}
__attribute__((noinline)) void config_init(const config_mgr_t *mgr, void *object) {
  for (int i = 0; i < mgr->vars->num_used; i++) *place(mgr->vars->list[i], object) = ((var_t *)mgr->vars->list[i])->initial;
}
static void append(config_line_t **last, const char *key, const char *value) {
  while (*last) last = &(*last)->next;
  *last = calloc(1, sizeof **last);
  (*last)->key = strdup(key); (*last)->value = strdup(value);
}
__attribute__((noinline)) char *config_dump(const config_mgr_t *mgr, const void *defaults, const void *object, int minimal, int comment) {
  char *text = calloc(1, 4096);
  void *own = config_new(mgr);
  config_init(mgr, own);
  if (!defaults) mgr->toplevel->check(defaults = own);
  check(mgr, object); check(mgr, defaults);
  if (comment) abort();
  for (int i = 0; i < mgr->vars->num_used; i++) {
    const var_t *one = mgr->vars->list[i];
    if (!minimal || *place(one, object) != *place(one, defaults))
      sprintf(text + strlen(text), "%s %d\\n", one->name, *place(one, object));
  }
  for (config_line_t *line = *lines_of(mgr, object); line; line = line->next)
    sprintf(text + strlen(text), "%s %s\\n", line->key, line->value);
  return text;
}
__attribute__((noinline)) int config_get_lines(const char *text, config_line_t **lines, int extended) {
  char key[32], value[32];
  int taken;
  for (*lines = NULL; sscanf(text, "%31s %31s\\n%n", key, value, &taken) == 2; text += taken) append(lines, key, value);
  return extended;
}
__attribute__((noinline)) int config_assign(const config_mgr_t *mgr, void *object, config_line_t *line, unsigned flags, char **message) {
  check(mgr, object);
  if (flags || *message) abort();
  for (; line; line = line->next) {
    const var_t *one = find(mgr, line->key);
    char *end;
    if (!one) append(lines_of(mgr, object), line->key, line->value);
    else *place(one, object) = (int)strtol(line->value, &end, 10);
    if (one && *end) { *message = "no number"; return -2; }
  }
  return 0;
}
`;

const state = `${configuration}
typedef struct or_state_t { unsigned magic; int Kept; int Late; config_line_t *ExtraLines; } or_state_t;
static const var_t state_vars[] = { { "Kept", offsetof(or_state_t, Kept), 900 }, { 0, 0, 0 } };
static void check_state(const void *state) { (void)state; }
static const config_format_t state_format = { sizeof(or_state_t), state_vars, offsetof(or_state_t, ExtraLines), check_state };
static config_mgr_t *state_mgr;
static or_state_t *global_state;
__attribute__((noinline)) static config_mgr_t *get_state_mgr(void) {
  if (!state_mgr) state_mgr = config_mgr_new(&state_format);
  return state_mgr;
}
static const char *const files[] = { "Other 8\\n", "Late 3\\nOther 8\\n", "Other 8\\nLate x\\nAnother 9\\n" };
static long begin(const char *file) {
  config_line_t *lines;
  char *message = NULL;
  global_state = config_new(get_state_mgr());
  config_init(get_state_mgr(), global_state);
  config_get_lines(file, &lines, 0);
  return config_assign(get_state_mgr(), global_state, lines, 0, &message);
}
/** How often a file that is written now would have a key, in hundreds, and its last number. */
static long written(const char *key) {
  char *text = config_dump(get_state_mgr(), NULL, global_state, 1, 0), named[32];
  long times = 0, number = 0;
  sprintf(named, "%s ", key);
  for (char *at = text; (at = strstr(at, named)); at++)
    if (at == text || at[-1] == '\\n') { times++; number = atol(at + strlen(named)); }
  return times * 100 + number;
}
long work(long n) {
  if (n < 3) return begin(files[n]);
  if (n == 3) return global_state->Late;
  if (n >= 100) return global_state->Late = (int)n - 100;
  return written(n == 10 ? "Late" : n == 11 ? "Other" : n == 12 ? "Another" : "Kept");
}
`;
const empty = 'int nothing_else;\n';
/** Its code checks defaults, which the former list has none of for the new key. */
const late: readonly (readonly [string, string])[] = [
  ['900 }, {', '900 }, { "Late", offsetof(or_state_t, Late), 40 }, {'],
  ['(void)state;', 'if (((or_state_t *)state)->Late == 0) abort();'],
];

const services = `${configuration}
typedef struct hs_opts_t { unsigned magic; int Streams; config_line_t *lines; } hs_opts_t;
static const var_t vars[] = { { "Streams", offsetof(hs_opts_t, Streams), 20 }, { 0, 0, 0 } };
static const config_format_t hs_opts_fmt = { sizeof(hs_opts_t), vars, offsetof(hs_opts_t, lines), NULL };
static config_mgr_t *hs_opts_mgr;
static config_mgr_t *mgr(void) {
  if (!hs_opts_mgr) hs_opts_mgr = config_mgr_new(&hs_opts_fmt);
  return hs_opts_mgr;
}
__attribute__((noinline)) long room(void) { return mgr()->toplevel->size - (long)sizeof(hs_opts_t); }
__attribute__((noinline)) long is_known(const char *name) { return find(mgr(), name) != NULL; }
__attribute__((noinline)) long by_default(void) {
  hs_opts_t *opts = config_new(mgr());
  config_init(mgr(), opts);
  long is = opts->Streams;
  free(opts);
  return is;
}
long work(long n) { return n == 0 ? room() : n == 1 ? is_known("Late") : by_default(); }
`;
const grown: readonly (readonly [string, string])[] = [
  ['config_line_t *lines; } hs_opts_t;', 'config_line_t *lines; int more[16]; int Late; } hs_opts_t;'],
  ['20 }, {', '20 }, { "Late", offsetof(hs_opts_t, Late), 30 }, {'],
  ['opts->Streams', 'opts->Late'],
];

/** What a verdict tells of lists. */
const told = (former: OwnBuild, next: OwnBuild): string[] =>
  decideVerdict(compareBuilds(former.side, next.side)).reasons.flatMap(({ code, subject }) =>
    code === 'live-list-kept' ? [subject] : [],
  );

describe('lists that another build makes otherwise', () => {
  const builds = new Builds();
  after(() => builds[Symbol.dispose]());

  describe('of keys of the state file', () => {
    const build = (text: string): OwnBuild => builds.build(empty, [], { 'statefile.c': text });
    let old: OwnBuild;
    let next: OwnBuild;
    let program: OwnProgram;
    before(() => {
      old = build(state);
      next = build(change(state, ...late));
    });
    beforeEach(async () => {
      program = await OwnProgram.start(old);
    });
    afterEach(() => program[Symbol.asyncDispose]());

    const written = async (): Promise<number[]> => [
      await program.run(10),
      await program.run(11),
      await program.run(12),
      await program.run(13),
    ];

    it('are made anew: what is under a new key is written, and on after the way back, as lines that nobody knows', async () => {
      assert.equal(await program.run(0), 0);
      assert.deepEqual(await written(), [0, 108, 0, 0]);
      const update = program.link(old, next);
      await program.apply(update);
      await program.run(105);
      assert.deepEqual(await written(), [105, 108, 0, 0]);
      await program.rollBack(update);
      await program.run(107);
      assert.deepEqual(await written(), [105, 108, 0, 0]);
    });

    it('take in what the file had under a new key when the program started, once, and again after a way back', async () => {
      assert.equal(await program.run(1), 0);
      assert.deepEqual(await written(), [103, 108, 0, 0]);
      const { generation } = program;
      const update = program.link(old, next);
      await program.apply(update);
      assert.equal(await program.run(3), 3);
      await program.run(106);
      assert.deepEqual(await written(), [106, 108, 0, 0]);
      await program.rollBack(update);
      assert.deepEqual(await written(), [106, 108, 0, 0]);
      await program.run(100);
      program.generation = generation;
      await program.apply(program.link(old, next));
      assert.equal(await program.run(3), 6);
      assert.deepEqual(await written(), [106, 108, 0, 0]);
    });

    it('leave lines as they are where one of them cannot be read, and lose none', async () => {
      assert.equal(await program.run(2), 0);
      const update = program.link(old, next);
      await program.apply(update);
      assert.deepEqual(await written(), [200, 108, 109, 0]);
      await program.rollBack(update);
      assert.deepEqual(await written(), [100, 108, 109, 0]);
    });

    it('change nothing where nothing was made yet', async () => {
      const update = program.link(old, next);
      await program.apply(update);
      assert.equal(await program.run(1), 0);
      assert.deepEqual(await written(), [103, 108, 0, 0]);
    });

    it('stay as they are where the program cannot read such lines again', async () => {
      const [without, withLate] = [state, change(state, ...late.slice(0, 1))].map((text) =>
        build(text.replaceAll('config_dump', 'config_text')),
      );
      assert.ok(without !== undefined && withLate !== undefined);
      await using another = await OwnProgram.start(without);
      assert.equal(await another.run(1), 0);
      await another.apply(another.link(without, withLate));
      assert.deepEqual([await another.run(3), await another.run(10)], [0, 103]);
      assert.deepEqual(told(without, withLate), ['statefile.c:state_mgr']);
      assert.deepEqual(told(old, next), []);
    });
  });

  describe('of options of onion services', () => {
    const build = (text: string): OwnBuild => builds.build(empty, [], { 'hs_config.c': text });

    it('are made anew, with their objects as large as either build needs them, and with its defaults', async () => {
      const [old, next] = [build(services), build(change(services, ...grown))];
      await using program = await OwnProgram.start(old);
      const said = async () => [await program.run(0), await program.run(1), await program.run(2)];
      assert.deepEqual(await said(), [0, 0, 20]);
      const update = program.link(old, next, 'schema: tearless.live-rules/v1\npassing: [struct hs_opts_t]\n');
      await program.apply(update);
      assert.deepEqual(await said(), [0, 1, 30]);
      await program.rollBack(update);
      assert.deepEqual(await said(), [0, 0, 20]);
    });

    it('stay as they are where something may hold such an object, which would accept no other list', async () => {
      const holder = change(services, [
        'static config_mgr_t *hs_opts_mgr;',
        'static config_mgr_t *hs_opts_mgr;\nhs_opts_t *held;',
      ]);
      const [old, next] = [build(holder), build(change(holder, ['20 }, {', '30 }, {']))];
      await using program = await OwnProgram.start(old);
      assert.equal(await program.run(2), 20);
      await program.apply(program.link(old, next));
      assert.equal(await program.run(2), 20);
      assert.deepEqual(told(old, next), ['hs_config.c:hs_opts_mgr']);
    });
  });

  it('of what authorities keep of shared random values stay as they are, and the verdict tells', () => {
    const text = services
      .replaceAll('hs_opts_mgr', 'shared_random_state_mgr')
      .replaceAll('hs_opts_fmt', 'state_format');
    const [old, next] = [text, change(text, ['20 }, {', '30 }, {'])].map((one) =>
      builds.build(empty, [], { 'shared_random_state.c': one }),
    );
    assert.ok(old !== undefined && next !== undefined);
    assert.deepEqual(told(old, next), ['shared_random_state.c:shared_random_state_mgr']);
    assert.deepEqual(told(old, old), []);
  });
});
