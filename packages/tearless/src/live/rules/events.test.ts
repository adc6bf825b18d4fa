// Events that recur, in a program that keeps them as tor does: items that are registered once, when it starts, some of them in a table
// that it writes to. Each is shown as it goes wrong, and with the rules that mend it.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { change, type OwnBuild, type OwnProgram, startForEach } from '../link/testing/own-program.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { decideVerdict } from '../verdict/verdict.ts';

/** One turn of the loop adds up who was run: 1 checks descriptors, 10 beats, 100 saves. */
const former = `#include <stdlib.h>
#include <string.h>
typedef struct item_t { long (*fn)(void); long n_runs; void *ev; const char *name; } item_t;
static item_t **events;
static int n_events;
static int n_bugs;
void events_register(item_t *one) {
  for (int i = 0; i < n_events; i++) if (events[i] == one) { n_bugs++; return; }
  if (!events) events = calloc(32, sizeof *events);
  events[n_events++] = one;
}
void events_connect_all(void) { for (int i = 0; i < n_events; i++) if (!events[i]->ev) events[i]->ev = malloc(1); }
void events_disconnect_all(void) {
  for (int i = 0; i < n_events; i++) { free(events[i]->ev); events[i]->ev = NULL; events[i]->n_runs = 0; }
  free(events); events = NULL; n_events = 0;
}
item_t *events_find(const char *name) {
  for (int i = 0; i < n_events; i++) if (!strcmp(events[i]->name, name)) return events[i];
  return NULL;
}
static long descriptor(void) { return 1; }
static item_t descriptor_event = { descriptor, 0, NULL, "descriptor" };
void relay_register_events(void) { events_register(&descriptor_event); }
static long heartbeat(void) { return 10; }
static long save_state(void) { return 100; }
static item_t loop_events[] = { { heartbeat, 0, NULL, "heartbeat" }, { save_state, 0, NULL, "save" }, { 0 } };
static int are_initialized;
static item_t *save_state_event;
void initialize_events(void) {
  if (are_initialized) return;
  are_initialized = 1;
  for (int i = 0; loop_events[i].name; i++) events_register(&loop_events[i]);
  save_state_event = events_find("save");
}
long work(long n) {
  static int started;
  if (!started++) { initialize_events(); relay_register_events(); events_connect_all(); }
  if (n == 1) return save_state_event->n_runs;
  if (n == 2) return n_bugs;
  long all = 0;
  for (int i = 0; i < n_events; i++) if (events[i]->ev) { all += events[i]->fn(); events[i]->n_runs++; }
  return all;
}
`;

const ofItsOwn = change(former, [
  'void relay_register_events(void) { ',
  'static long late(void) { return 1000; }\nstatic item_t late_event = { late, 0, NULL, "late" };\nvoid relay_register_events(void) { events_register(&late_event); ',
]);
const inTable = change(
  former,
  ['static item_t loop_events[]', 'static long other(void) { return 10000; }\nstatic item_t loop_events[]'],
  ['"save" }, ', '"save" }, { other, 0, NULL, "other" }, '],
);

const again = `{ variables: { are_initialized: 0 }, calls: ['events_disconnect_all()', 'initialize_events()', 'relay_register_events()', 'events_connect_all()'] }`;
const head = 'schema: tearless.live-rules/v1\n';

describe('events that recur', () => {
  let old: OwnBuild;
  let program: OwnProgram;
  const builds = startForEach(former, (...started) => {
    [old, program] = started;
  });
  beforeEach(async () => {
    assert.equal(await program.run(0), 111);
  });

  const turn = (): Promise<number> => program.run(0);

  it('and are new are never run by an update alone', async () => {
    await program.apply(program.link(old, builds.build(ofItsOwn)));
    assert.equal(await turn(), 111);
  });

  it('and are new are told in the verdict', () => {
    const [plain, named] = [former, ofItsOwn].map((text) =>
      builds.build(text.replaceAll('item_t', 'periodic_event_item_t')),
    );
    assert.ok(plain !== undefined && named !== undefined);
    const { reasons } = decideVerdict(compareBuilds(plain.side, named.side));
    assert.deepEqual(
      reasons.flatMap(({ code, subject, weight }) => (code === 'live-event-added' ? [subject, weight] : [])),
      ['program.c:late_event', 'note'],
    );
  });

  it('and are new are run where rules register all of them anew, and no more after the way back', async () => {
    const update = program.link(old, builds.build(ofItsOwn), `${head}up: ${again}\ndown: ${again}\n`);
    await program.apply(update);
    assert.deepEqual([await turn(), await turn(), await program.run(1)], [1111, 1111, 2]);
    await program.rollBack(update);
    assert.deepEqual([await turn(), await program.run(1), await program.run(2)], [111, 1, 0]);
  });

  it('and were registered by an update are run after the way back where no rule for that takes them off', async () => {
    const next = builds.build(ofItsOwn);
    const rules = `${head}up: { calls: ['relay_register_events()', 'events_connect_all()'] }\n`;
    const update = program.link(old, next, rules);
    await program.apply(update);
    // The list says that those of the former code were there.
    assert.deepEqual([await turn(), await program.run(2)], [1111, 1]);
    await program.rollBack(update);
    assert.equal(await turn(), 1111);
  });

  it('and lie in a table that was written to are run where rules let that begin anew and register it', async () => {
    const next = builds.build(inTable);
    const calls = `up: ${again}\ndown: ${again}\n`;
    await assert.rejects(program.apply(program.link(old, next, head + calls)), { code: 'ERR_ASSERTION' });
    const update = program.link(old, next, `${head}anew: [loop_events]\n${calls}`);
    await program.apply(update);
    assert.deepEqual([await turn(), await turn(), await program.run(1)], [10111, 10111, 2]);
    await program.rollBack(update);
    assert.deepEqual([await turn(), await program.run(1), await program.run(2)], [111, 1, 0]);
  });

  it('and lie in a table that begins anew go on in the former where nothing registers it', async () => {
    const update = program.link(old, builds.build(inTable), `${head}anew: [loop_events]\n`);
    await program.apply(update);
    assert.deepEqual([await turn(), await program.run(1)], [111, 2]);
  });

  it('and were replaced in a table of the same length are run in its successor, and the former on the way back', async () => {
    const next = builds.build(
      change(
        former,
        ['static item_t loop_events[]', 'static long other(void) { return 10000; }\nstatic item_t loop_events[]'],
        ['{ heartbeat, 0, NULL, "heartbeat" }', '{ other, 0, NULL, "other" }'],
      ),
    );
    const update = program.link(old, next, `${head}anew: [loop_events]\nup: ${again}\ndown: ${again}\n`);
    await program.apply(update);
    assert.equal(await turn(), 10101);
    await program.rollBack(update);
    assert.deepEqual([await turn(), await program.run(1)], [111, 1]);
  });
});
