// What options begin with that an update brings, in a program whose tables have tor's form.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';

const config = `#include <stddef.h>
#include <stdlib.h>
#include <string.h>
typedef struct smartlist_t { void **list; int num_used; int capacity; } smartlist_t;
typedef struct config_line_t { char key[32]; struct config_line_t *next; } config_line_t;
typedef struct magic_t { const char *name; unsigned magic_val; } magic_t;
typedef enum config_type_t { INT, TEXT } config_type_t;
typedef struct struct_member_t { const char *name; config_type_t type; const void *type_def; ptrdiff_t offset; } struct_member_t;
typedef struct config_var_t { struct_member_t member; const char *initvalue; unsigned flags; } config_var_t;
typedef struct config_abbrev_t { const char *abbreviated; const char *full; int commandline_only; int warn; } config_abbrev_t;
typedef struct config_format_t { const config_var_t *vars; const config_abbrev_t *abbrevs; } config_format_t;
typedef struct config_mgr_t { const config_format_t *toplevel; smartlist_t *subconfigs; magic_t toplevel_magic; } config_mgr_t;
typedef struct or_options_t { unsigned magic; int port; char *name; long tearless_reserve[8]; } or_options_t;
#define V(name, member, type, initial) { { name, type, NULL, offsetof(or_options_t, member) }, initial, 0 }
static const config_var_t option_vars_[] = { V("Port", port, INT, "9001"), { { 0 } } };
static const config_abbrev_t option_abbrevs_[] = { { "Ports", "Port", 0, 0 }, { NULL, NULL, 0, 0 } };
static const config_format_t options_format = { option_vars_, option_abbrevs_ };
static config_mgr_t *options_mgr;
static or_options_t *global_options, *global_default_options;
__attribute__((noinline)) config_mgr_t *get_options_mgr(void) {
  if (!options_mgr) {
    options_mgr = calloc(1, sizeof *options_mgr);
    options_mgr->toplevel = &options_format;
    options_mgr->subconfigs = calloc(1, sizeof(smartlist_t));
    options_mgr->toplevel_magic.magic_val = 77;
  }
  return options_mgr;
}
static const config_var_t *find(const config_mgr_t *mgr, const char *key) {
  for (const config_var_t *one = mgr->toplevel->vars; one->member.name; one++) if (!strcmp(one->member.name, key)) return one;
  return NULL;
}
__attribute__((noinline)) int option_is_recognized(const char *name) { return find(get_options_mgr(), name) != NULL; }
__attribute__((noinline)) or_options_t *get_options_mutable(void) {
  if (!global_options) { global_options = calloc(1, sizeof *global_options); global_options->magic = 77; global_options->port = 443; global_default_options = calloc(1, sizeof *global_default_options); global_default_options->magic = 77; }
  return global_options;
}
__attribute__((noinline)) int config_get_lines(const char *text, config_line_t **lines, int extended) {
  for (*lines = NULL; *text; text = strchr(text, '\\n') + 1) {
    config_line_t *one = calloc(1, sizeof *one);
    memcpy(one->key, text, strcspn(text, "\\n"));
    one->next = *lines;
    *lines = one;
  }
  return extended;
}
__attribute__((noinline)) int config_assign(const config_mgr_t *mgr, void *options, config_line_t *line, unsigned flags, char **message) {
  if (flags != 3 || *message || *(unsigned *)options != mgr->toplevel_magic.magic_val) abort();
  for (; line; line = line->next) {
    const config_var_t *one = find(mgr, line->key);
    if (!one) return -1;
    if (one->member.type == INT) *(int *)((char *)options + one->member.offset) = atoi(one->initvalue);
    else { free(*(char **)((char *)options + one->member.offset)); *(char **)((char *)options + one->member.offset) = strdup(one->initvalue); }
  }
  for (const config_var_t *one = mgr->toplevel->vars; one->member.name; one++)
    if (one->member.type == TEXT && *(char **)((char *)options + one->member.offset) == (char *)1) abort();
  return 0;
}
long work(long n) {
  or_options_t *options = get_options_mutable();
  (void)get_options_mgr();
  if (n == 3) options = global_default_options;
  if (n == 8) options->tearless_reserve[1] = 1;
  return n == 0 ? options->port : n & 1 ? options->tearless_reserve[0] & 0xffffffff : option_is_recognized("Late");
}
`;
const late: readonly (readonly [string, string])[] = [
  ['long tearless_reserve[8];', 'int late; char *nick; double share; long tearless_reserve[5];'],
  [
    'V("Port", port, INT, "9001"),',
    'V("Port", port, INT, "9002"), V("Late", late, INT, "41"), V("Nick", nick, TEXT, 0),',
  ],
  ['options->tearless_reserve[0] & 0xffffffff', 'options->late'],
];
const rules = 'schema: tearless.live-rules/v1\nmembers: { or_options_t.nick: zero, or_options_t.share: zero';

describe('options that a release adds', () => {
  const builds = new Builds();
  const build = (text: string): OwnBuild => builds.build('int nothing_else;\n', [], { 'config.c': text });
  let old: OwnBuild;
  let next: OwnBuild;
  before(() => {
    old = build(config);
    next = build(change(config, ...late));
  });
  after(() => builds[Symbol.dispose]());

  it('begin with what the release says, and leave those that were there as they are', async () => {
    await using program = await OwnProgram.start(old);
    assert.equal(await program.run(0), 443);
    const update = program.link(old, next, `${rules} }\n`);
    await program.apply(update);
    const all = [await program.run(0), await program.run(1), await program.run(2), await program.run(3)];
    assert.deepEqual(all, [443, 41, 1, 41]);
    await program.rollBack(update);
    assert.deepEqual([await program.run(0), await program.run(2)], [443, 0]);
  });

  it('begin with what a rule says where one does', async () => {
    await using program = await OwnProgram.start(old);
    assert.equal(await program.run(0), 443);
    await program.apply(
      program.link(old, next, `${rules}, or_options_t.late: { value: 12, of: { from: global_options } } }\n`),
    );
    assert.equal(await program.run(1), 12);
  });

  it('are there when rules call what asks for them', async () => {
    const asks = build(
      change(
        config,
        ...late,
        [
          'long work(long n) {\n',
          'static long seen;\n__attribute__((noinline)) void note_late(void) { seen = global_options->late; }\nlong work(long n) {\n  if (n == 6) note_late();\n',
        ],
        ['n == 0 ? options->port', 'n == 0 ? options->port : n == 5 ? seen'],
      ),
    );
    await using program = await OwnProgram.start(old);
    assert.equal(await program.run(0), 443);
    await program.apply(program.link(old, asks, `${rules} }\nup: { calls: [note_late()] }\n`));
    assert.equal(await program.run(5), 41);
  });

  it('are set once members are what rules say: tor goes over all of an object with options', async () => {
    await using program = await OwnProgram.start(old);
    assert.equal(await program.run(8), 0);
    const written = '{ value: 0, of: { from: global_options } }';
    await program.apply(program.link(old, next, rules.replace('nick: zero', `nick: ${written}`).concat(' }\n')));
    assert.equal(await program.run(1), 41);
  });

  it('are none whose member was there under another name: it holds what was set', async () => {
    const renamed = build(change(config, ['V("Port", port, INT, "9001")', 'V("Door", port, INT, "9002")']));
    assert.deepEqual([...compareBuilds(old.side, renamed.side).newOptions], []);
    await using program = await OwnProgram.start(old);
    assert.equal(await program.run(0), 443);
    await program.apply(program.link(old, renamed));
    assert.equal(await program.run(0), 443);
  });

  it('are none that had another name, kind or letters, or are only there to be left alone', () => {
    const room: [string, string] = [
      'long tearless_reserve[8];',
      'int door; int kind; int port_now; long tearless_reserve[6];',
    ];
    const entries = [
      'V("Door", door, INT, "1")',
      'V("Name", kind, INT, "2")',
      'V("PORT", port_now, INT, "3")',
      '{ { "Former", INT, NULL, 0 }, NULL, 0 }',
    ];
    const texts = build(change(config, ['INT, "9001"),', 'INT, "9001"), V("Name", name, TEXT, 0),']));
    const others = build(
      change(
        config,
        room,
        ['V("Port", port, INT, "9001"),', `${entries.join(', ')},`],
        ['{ { "Ports", "Port", 0, 0 }', '{ { "Ports", "Port", 0, 0 }, { "port", "Door", 0, 0 }'],
      ),
    );
    assert.deepEqual([...compareBuilds(texts.side, others.side).newOptions], []);
    const without = build(
      change(config, room, ['V("Port", port, INT, "9001"),', `V("Port", port, INT, "9001"), ${entries[0]},`]),
    );
    assert.deepEqual([...compareBuilds(texts.side, without.side).newOptions], [['struct or_options_t.door', 'Door']]);
  });

  it('need no rule, unless they are kept by pointers; what is no option does', () => {
    const { verdict, reasons } = decideVerdict(compareBuilds(old.side, next.side));
    assert.equal(verdict, 'needs-rule');
    assert.deepEqual(
      reasons.filter(({ code }) => code.startsWith('live-type-')).map(({ code, subject }) => [code, subject]),
      [
        ['live-type-member-value', 'struct or_options_t.nick'],
        ['live-type-member-value', 'struct or_options_t.share'],
        ['live-type-reserve', 'struct or_options_t.late'],
      ],
    );
    assert.match(reasons.find(({ code }) => code === 'live-type-reserve')?.detail ?? '', /the option Late$/);
  });

  it('need a rule in a program that cannot be asked to set them', () => {
    const [mute, later] = [config, change(config, ...late)].map((text) =>
      build(text.replaceAll('config_assign', 'assign')),
    );
    assert.ok(mute !== undefined && later !== undefined);
    const { reasons } = decideVerdict(compareBuilds(mute.side, later.side));
    assert.ok(
      reasons.some(({ code, subject }) => code === 'live-type-member-value' && subject === 'struct or_options_t.late'),
    );
  });
});
