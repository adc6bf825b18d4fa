// What a program makes once and keeps: new code finds what the former made. Each is shown as it goes wrong, and with the call in the rules
// that makes it again.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { change, type OwnBuild, OwnProgram, startForEach } from '../link/testing/own-program.ts';

/** `arrived` stands for a consensus: values are read from it when it comes. */
const former = `#include <stdlib.h>
struct server { int port; };
static int table[] = { 9201, 9301 };
static struct server *trusted[2];
static int arrived = 40;
static int window = 10;
static int open_count;
static struct server *kept[4];
__attribute__((noinline)) void add_servers(void) {
  for (int i = 0; i < 2; i++) { if (!trusted[i]) trusted[i] = calloc(1, sizeof **trusted); trusted[i]->port = table[i]; }
}
__attribute__((noinline)) void note_consensus(void) { window = arrived / 4; }
__attribute__((noinline)) void count_open(void) { open_count = 0; for (int i = 0; i < 4; i++) open_count += kept[i] != 0; }
__attribute__((noinline)) void set_up(void) { }
__attribute__((noinline)) void start(void) {
  set_up(); add_servers(); note_consensus();
  for (int i = 0; i < 3; i++) kept[i] = trusted[i & 1];
}
long work(long n) {
  static int started;
  if (!started++) start();
  switch (n) {
    case 0: return trusted[0]->port;
    case 1: return table[0];
    case 2: return window;
    case 9: count_open(); return 0;
    case 10: note_consensus(); return 0;
    default: return 0;
  }
}
`;

describe('what a program makes once', () => {
  let old: OwnBuild;
  let program: OwnProgram;
  const builds = startForEach(former, (...started) => {
    [old, program] = started;
  });
  beforeEach(async () => {
    await program.run(0);
  });

  const apply = async (next: OwnBuild, ...calls: readonly string[]): Promise<void> => {
    const rules = `schema: tearless.live-rules/v1\nup: { calls: ${JSON.stringify(calls)} }\n`;
    await program.apply(program.link(old, next, rules));
  };

  const table = (): OwnBuild => builds.build(change(former, ['{ 9201, 9301 }', '{ 9202, 9301 }']));

  it('of a table that has changed is as before, though the table is not', async () => {
    await apply(table());
    assert.deepEqual([await program.run(1), await program.run(0)], [9202, 9201]);
  });

  it('of a table that has changed is made again where a rule calls what does', async () => {
    await apply(table(), 'add_servers()');
    assert.deepEqual([await program.run(1), await program.run(0)], [9202, 9202]);
  });

  /** A window of its own for what is new, from the same consensus; nothing else sets it. */
  const another = (): OwnBuild =>
    builds.build(
      change(
        former,
        ['static int window = 10;', 'static int window = 10;\nstatic int late_window = 1;'],
        ['window = arrived / 4;', 'window = arrived / 4; late_window = arrived / 2;'],
        ['case 2: return window;', 'case 2: return late_window;'],
      ),
    );

  it('of a consensus keeps its default until the next one', async () => {
    await apply(another());
    assert.equal(await program.run(2), 1);
    await program.run(10);
    assert.equal(await program.run(2), 20);
  });

  it('of a consensus is read from the one that is there where a rule calls what reads it', async () => {
    await apply(another(), 'note_consensus()');
    assert.equal(await program.run(2), 20);
  });

  const gauge = (): OwnBuild =>
    builds.build(
      change(former, [
        'default: return 0;',
        'case 3: kept[3] = trusted[0]; return ++open_count;\n    default: return 0;',
      ]),
    );

  it('by counting from its beginning on leaves out what was there, unless a rule counts it again', async () => {
    const next = gauge();
    await apply(next);
    assert.equal(await program.run(3), 1);
    await using another = await OwnProgram.start(old);
    await another.run(0);
    const rules = "schema: tearless.live-rules/v1\nup: { calls: ['count_open()'] }\n";
    await another.apply(another.link(old, next, rules));
    assert.equal(await another.run(3), 4);
  });

  /** What new code uses is made when the program starts, which it has. */
  const setUp = (): OwnBuild =>
    builds.build(
      change(
        former,
        ['static int open_count;', 'static int open_count;\nstatic int *scratch;'],
        [
          'void set_up(void) { }',
          'void set_up(void) { if (!scratch) { scratch = calloc(4, sizeof *scratch); scratch[0] = 6; } }',
        ],
        ['default: return 0;', 'case 4: return scratch ? ++scratch[0] : -1;\n    default: return 0;'],
      ),
    );

  it('when it starts is never made by an update', async () => {
    await apply(setUp());
    assert.equal(await program.run(4), -1);
  });

  it('when it starts is made where a rule calls what does', async () => {
    await apply(setUp(), 'set_up()');
    assert.equal(await program.run(4), 7);
  });
});
