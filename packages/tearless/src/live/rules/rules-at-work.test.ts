// Rules as machine code, in a program that runs.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';

const former = `#include <stdlib.h>
#include <string.h>
enum kind { PLAIN, OR = 4 };
typedef struct smartlist_t { void **list; int num_used; int capacity; } smartlist_t;
struct conn { enum kind kind; unsigned flags : 3; int fd; struct conn *next; long tearless_reserve[4]; };
struct or_conn { char mark; struct conn base_; long tearless_reserve[4]; };
struct entry { struct { struct entry *hte_next; } node; struct conn *conn; };
struct map { struct entry **hth_table; unsigned hth_table_length; };
static smartlist_t *all;
static struct conn chain[5];
static struct conn *first;
static struct map map;
struct or_conn inside[3];
static long renamed_before = 41;
static int steady = 7;
static char cached[24] = "";
static int steps[16], taken;
long work(long n);
__attribute__((noinline)) int base(void) { return 300; }
__attribute__((noinline)) void took(int step, long more) { steps[taken++] = step + (int)more; }
__attribute__((noinline)) void say(const char *text) { strcpy(cached, text); }
static void start(void) {
  all = calloc(1, sizeof *all);
  all->list = calloc(8, sizeof(void *));
  for (int i = 0; i < 6; i++) {
    struct or_conn *one = calloc(1, sizeof *one);
    one->base_.kind = i & 1 ? OR : PLAIN;
    one->base_.fd = i;
    all->list[i] = i == 3 ? NULL : i & 1 ? (void *)&one->base_ : calloc(1, sizeof(struct conn));
  }
  all->num_used = 6;
  all->capacity = 8;
  for (int i = 0; i < 5; i++) { chain[i].fd = 10 + i; chain[i].next = i < 4 ? &chain[i + 1] : NULL; }
  first = chain;
  map.hth_table_length = 3;
  map.hth_table = calloc(3, sizeof(void *));
  for (int i = 0; i < 5; i++) {
    struct entry *one = calloc(1, sizeof *one);
    one->conn = i == 2 ? NULL : calloc(1, sizeof(struct conn));
    one->node.hte_next = map.hth_table[2 * (i & 1)];
    map.hth_table[2 * (i & 1)] = one;
  }
  took(0, 0); taken = 0;
  say(""); (void)base();
}
static long see(struct conn *c) { return c->fd; }
long work(long n) {
  if (!all) start();
  long sum = 0;
  if (n == 0) for (int i = 0; i < all->num_used; i++) if (all->list[i]) sum += see(all->list[i]);
  if (n == 1) for (struct conn *c = first; c; c = c->next) sum += see(c);
  if (n == 2) for (unsigned i = 0; i < 3; i++) for (struct entry *e = map.hth_table[i]; e; e = e->node.hte_next) if (e->conn) sum += see(e->conn);
  if (n == 3) for (int i = 0; i < 3; i++) sum += see(&inside[i].base_);
  if (n == 4) sum = renamed_before++;
  if (n == 5) sum = (long)strlen(cached);
  if (n == 6) { for (int i = 0; i < taken; i++) sum = sum * 1000 + steps[i]; }
  if (n == 7) sum = first->flags;
  if (n == 11) { for (struct conn *c = first; c; c = c->next) c->fd++; steady++; }
  if (n == 12) sum = steady;
  if (n == 13) for (struct conn *c = first; c; c = c->next) c->fd = -c->fd;
  if (n == 14) { chain[0].fd = 0; chain[1].fd = 256; }
  if (n == 8) first->next->next->next = first->next;
  if (n == 9) chain[4].next = first;
  if (n == 10) { struct conn *c = first; do { sum += see(c); c = c->next; } while (c != first); }
  return sum;
}
`;
const later = change(
  former,
  [
    'struct conn *next; long tearless_reserve[4];',
    'struct conn *next; unsigned late : 5, later : 7; short small; long window; long tearless_reserve[2];',
  ],
  ['struct conn base_; long tearless_reserve[4];', 'struct conn base_; long deep; long tearless_reserve[3];'],
  ['return c->fd;', 'return c->window * 10000 + c->small * 100 + c->late + c->later;'],
);
const rules = `schema: tearless.live-rules/v1
`;
const everywhere = `of: [{ from: all, through: [{ each: struct conn }] }, { from: first, through: [{ next: next }] },
      { from: map, through: [{ inTable: true }, { member: conn }] }, { from: inside, through: [{ each: or_conn }, { member: base_ }] }]`;

describe('rules of an update that was made', () => {
  const builds = new Builds();
  let old: OwnBuild;
  let next: OwnBuild;
  let program: OwnProgram;
  before(() => {
    old = builds.build(former);
    next = builds.build(later);
  });
  beforeEach(async () => {
    program = await OwnProgram.start(old);
    assert.equal(await program.run(1), 60);
  });
  afterEach(() => program[Symbol.asyncDispose]());
  after(() => builds[Symbol.dispose]());

  const apply = async (said: string, to = next) => {
    const update = program.link(old, to, `${rules}${said}`);
    await program.apply(update);
    return update;
  };

  it('have given new members their values in lists, chains, hash tables and arrays', async () => {
    await apply(`members:
  struct conn.late: { value: 9, ${everywhere} }
  struct conn.later: zero
  struct conn.small: { value: -3, ${everywhere} }
  struct conn.window: { value: 5, ${everywhere} }
  struct or_conn.deep: zero
`);
    const each = 50_000 - 300 + 9;
    assert.deepEqual(
      [await program.run(0), await program.run(1), await program.run(2), await program.run(3)],
      [5 * each, 5 * each, 4 * each, 3 * each],
    );
    assert.equal(await program.run(7), 0);
  });

  it('have copied other members, to objects whose kind is that alone', async () => {
    await apply(`members:
  struct conn.window: zero
  struct conn.later: zero
  struct conn.late: zero
  struct conn.small: zero
  struct or_conn.deep: zero
up:
  members:
    struct or_conn.deep: { value: 6, of: { from: all, through: [{ each: conn }, { where: { kind: OR } }, { as: or_conn }] } }
    struct conn.window: { value: 2, of: { from: all, through: [{ each: conn }, { where: { kind: OR, fd: 5 } }] } }
    struct conn.flags: { value: 6, of: { from: first, through: [] } }
`);
    assert.equal(await program.run(0), 20_000);
    assert.equal(await program.run(7), 6);
  });

  it('have carried over what a variable of another name held, emptied caches and made calls in their order', async () => {
    await program.ask('run 4');
    const renamed = builds.build(
      change(
        later,
        ['long renamed_before = 41', 'long renamed_after = 1'],
        ['sum = renamed_before++', 'sum = renamed_after++'],
      ),
    );
    await apply(
      `members: { conn.window: zero, conn.late: zero, conn.later: zero, conn.small: zero, or_conn.deep: zero }
up:
  variables: { renamed_after: { copy: renamed_before }, cached: zero }
  calls: ['say("a text")', 'took(7, 5)', 'took(base(), OR)']
`,
      renamed,
    );
    assert.equal(await program.run(4), 42);
    assert.equal(await program.run(5), 6);
    assert.equal(await program.run(6), 12_304);
  });

  it('for going back are followed after the former code is there again', async () => {
    const update =
      await apply(`members: { conn.window: zero, conn.late: zero, conn.later: zero, conn.small: zero, or_conn.deep: zero }
down:
  members: { conn.fd: { value: 2, of: { from: first, through: [{ next: next }] } } }
  variables: { cached: zero }
  calls: ['took(1, 2)']
`);
    await program.rollBack(update);
    assert.equal(await program.run(1), 10);
    assert.equal(await program.run(6), 3);
  });

  it('have copied what the former build had by a name elsewhere, and back; and kept what has no sign any more', async () => {
    const other = builds.build(
      change(
        former,
        [
          'int fd; struct conn *next; long tearless_reserve[4];',
          'int tearless_gone_fd; struct conn *next; short fd; long tearless_reserve[3];',
        ],
        ['enum kind kind; unsigned flags', 'enum kind kind; int flags'],
        ['static int steady', 'static unsigned steady'],
        ['return c->fd;', 'return c->fd * 10;'],
      ),
    );
    const copied = `conn.fd: { copy: fd, ${everywhere} }`;
    await program.run(11);
    const update = await apply(
      `members: { ${copied}, conn.flags: keep }\nkeep: [steady]\ndown: { members: { ${copied} } }\n`,
      other,
    );
    assert.deepEqual([await program.run(1), await program.run(12)], [650, 8]);
    await program.run(11);
    await program.run(13);
    await program.rollBack(update);
    assert.deepEqual([await program.run(1), await program.run(12)], [-70, 9]);
  });

  it('have made anything but zero true where it is copied to what is true or not', async () => {
    const other = builds.build(
      change(former, [
        'int fd; struct conn *next; long tearless_reserve[4];',
        'int tearless_gone_fd; struct conn *next; _Bool fd; long tearless_reserve[3];',
      ]),
    );
    await program.run(14);
    await apply(`members: { conn.fd: { copy: fd, ${everywhere} } }\n`, other);
    assert.equal(await program.run(1), 4);
  });

  it('that follow a ring come to each of it once', async () => {
    await program.run(9);
    await apply(`members:
  conn.window: { value: 1, of: { from: first, through: [{ next: next }] } }
  conn.late: zero
  conn.later: zero
  conn.small: zero
  or_conn.deep: zero
`);
    assert.equal(await program.run(10), 50_000);
  });

  it('that follow a list which leads back into itself end, and say so', async () => {
    await program.run(8);
    const update = program.link(
      old,
      next,
      `${rules}members: { conn.window: { value: 1, of: { from: first, through: [{ next: next }] } }, conn.late: zero, conn.later: zero, conn.small: zero, or_conn.deep: zero }\n`,
    );
    const [hook] = update.hooks.up;
    assert.ok(hook !== undefined);
    await program.apply({ ...update, hooks: { ...update.hooks, up: [], down: [] } });
    assert.equal(await program.ask(`call ${hook.toString(16)}`), '1');
  });
});
