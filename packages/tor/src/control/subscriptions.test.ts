// SETEVENTS bookkeeping of several subscribers on one connection.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TorError } from '../error.ts';
import { openScripted } from './testing/scripted-peer.ts';

const known = new Set(['BW', 'CIRC', 'STREAM', 'NOTICE', 'SIGNAL']);

/** Answers SETEVENTS as tor does: all or nothing. */
const tor = (command: string) => {
  const [keyword, ...names] = command.split(' ');
  if (keyword !== 'SETEVENTS') return '250 OK';
  const unknown = names.find((name) => !known.has(name));
  return unknown === undefined ? '250 OK' : `552 Unrecognized event "${unknown}"`;
};

const code = (expected: string) => (error: unknown) => error instanceof TorError && error.code === expected;

test('tor is asked for what all subscribers want together, and only when that changes', async () => {
  const { controller, peer } = await openScripted(tor);
  const first = controller.events('CIRC', 'BW');
  const second = controller.events('BW', 'STREAM');
  const third = controller.events('CIRC');
  await Promise.all([first.ready, second.ready, third.ready]);
  await first.return?.();
  await second.return?.();
  await third.return?.();
  await controller.signal('DUMP');
  // The third asked for nothing new.
  assert.deepEqual(peer.received, [
    'SETEVENTS CIRC BW',
    'SETEVENTS CIRC BW STREAM',
    'SETEVENTS CIRC',
    'SETEVENTS',
    'SIGNAL DUMP',
  ]);
  await controller.close();
});

test('events go to those who asked for them by name, and to those who want all', async () => {
  const { controller, peer } = await openScripted(tor);
  const bw = controller.events('BW');
  const both = controller.events('SIGNAL', 'BW');
  const all = controller.events();
  await Promise.all([bw.ready, both.ready, all.ready]);
  peer.send('650 SIGNAL DUMP', '650 BW 1 2', '650 DESCCHANGED');
  assert.equal((await bw.next()).value?.type, 'BW');
  assert.deepEqual([(await both.next()).value?.type, (await both.next()).value?.type], ['SIGNAL', 'BW']);
  const seen = [await all.next(), await all.next(), await all.next()].map(({ value }) => value?.type);
  assert.deepEqual(seen, ['SIGNAL', 'BW', 'DESCCHANGED']);
  await controller.close();
});

test('tor is asked before events() returns, so what a later command causes is seen', async () => {
  const { controller, peer } = await openScripted((command) =>
    command === 'SIGNAL NEWNYM' ? '250 OK\n650 SIGNAL NEWNYM' : tor(command),
  );
  const signals = controller.events('SIGNAL');
  await controller.signal('NEWNYM');
  assert.equal((await signals.next()).value?.signal, 'NEWNYM');
  assert.deepEqual(peer.received, ['SETEVENTS SIGNAL', 'SIGNAL NEWNYM']);
  await controller.close();
});

test('breaking out of the loop takes the subscription back', async () => {
  const { controller, peer } = await openScripted(tor);
  const events = controller.events('BW');
  await events.ready;
  peer.send('650 BW 1 2');
  for await (const event of events) {
    assert.equal(event.writtenBytes, 2);
    break;
  }
  await controller.signal('DUMP');
  assert.deepEqual(peer.received, ['SETEVENTS BW', 'SETEVENTS', 'SIGNAL DUMP']);
  await controller.close();
});

test('a name that tor does not know fails its own subscriber only, whichever comes first', async () => {
  const { controller, peer } = await openScripted(tor);
  const before = controller.events('BW');
  const bad = controller.events('NO_SUCH_EVENT', 'CIRC');
  const after = controller.events('STREAM');
  const baseline = controller.setEvents(['NOTICE']);
  await assert.rejects(bad.ready, code('control-unrecognized-entity'));
  await assert.rejects(bad.next(), code('control-unrecognized-entity'));
  await Promise.all([before.ready, after.ready, baseline]);
  const last = async () => {
    await controller.signal('DUMP');
    return peer.received
      .findLast((line) => line.startsWith('SETEVENTS'))
      ?.split(' ')
      .sort();
  };
  assert.deepEqual(await last(), ['BW', 'NOTICE', 'SETEVENTS', 'STREAM']);
  await assert.rejects(controller.events('NO_SUCH_EVENT').ready, code('control-unrecognized-entity'));
  await assert.rejects(controller.setEvents(['NO_SUCH_EVENT']), code('control-unrecognized-entity'));
  const again = controller.events('SIGNAL');
  await again.ready;
  assert.deepEqual(await last(), ['BW', 'NOTICE', 'SETEVENTS', 'SIGNAL', 'STREAM']);
  await controller.close();
});

test('setEvents keeps events coming that nobody iterates over by name', async () => {
  const { controller, peer } = await openScripted(tor);
  await controller.setEvents(['NOTICE']);
  const bw = controller.events('BW');
  await bw.ready;
  await bw.return?.();
  await controller.setEvents([]);
  assert.deepEqual(peer.received, ['SETEVENTS NOTICE', 'SETEVENTS NOTICE BW', 'SETEVENTS NOTICE', 'SETEVENTS']);
  await controller.close();
});

test('a signal ends the iteration with an error and takes the subscription back', async () => {
  const { controller, peer } = await openScripted(tor);
  const abort = new AbortController();
  const events = controller.events('BW', { signal: abort.signal });
  await events.ready;
  peer.send('650 BW 1 2');
  assert.equal((await events.next()).value?.readBytes, 1);
  abort.abort();
  await assert.rejects(events.next(), code('control-aborted'));
  await controller.signal('DUMP');
  assert.deepEqual(peer.received, ['SETEVENTS BW', 'SETEVENTS', 'SIGNAL DUMP']);
  await assert.rejects(controller.events('BW', { signal: AbortSignal.abort() }).next(), code('control-aborted'));
  assert.equal(peer.received.length, 3);
  await controller.close();
});

test('who does not take its events gets an error, others go on', async () => {
  const { controller, peer } = await openScripted(tor);
  const slow = controller.events('BW', { maxQueued: 2 });
  const quick = controller.events('BW');
  await quick.ready;
  peer.send('650 BW 1 0', '650 BW 2 0', '650 BW 3 0', '650 BW 4 0');
  for (const expected of [1, 2, 3, 4]) assert.equal((await quick.next()).value?.readBytes, expected);
  assert.equal((await slow.next()).value?.readBytes, 1);
  assert.equal((await slow.next()).value?.readBytes, 2);
  await assert.rejects(slow.next(), code('control-events-overflow'));
  await controller.close();
});

test('waitFor gives the first event that fits and takes its subscription back', async () => {
  const { controller, peer } = await openScripted(tor);
  const built = controller.waitFor('CIRC', (event) => event.id === '7' && event.status === 'BUILT');
  await peer.receivedLines(1);
  peer.send('650 CIRC 7 LAUNCHED', '650 CIRC 6 BUILT', '650 CIRC 7 BUILT a,b', '650 CIRC 7 BUILT c');
  assert.deepEqual(
    (await built).path.map(({ nickname }) => nickname),
    ['a', 'b'],
  );
  await controller.signal('DUMP');
  assert.deepEqual(peer.received, ['SETEVENTS CIRC', 'SETEVENTS', 'SIGNAL DUMP']);
  await controller.close();
});

test('waitFor gives up on timeout, abort, hang-up, close, and on what its predicate throws', async () => {
  const { controller, peer } = await openScripted(tor);
  await assert.rejects(controller.waitFor('BW', undefined, { timeoutMs: 1 }), code('control-timeout'));
  const abort = new AbortController();
  const aborted = controller.waitFor('BW', undefined, { signal: abort.signal });
  abort.abort();
  await assert.rejects(aborted, code('control-aborted'));
  await assert.rejects(controller.waitFor('BW', undefined, { signal: AbortSignal.abort() }), code('control-aborted'));
  await assert.rejects(controller.waitFor('NO_SUCH_EVENT'), code('control-unrecognized-entity'));
  const thrown = controller.waitFor('BW', () => {
    throw new RangeError('mine');
  });
  await controller.signal('DUMP');
  peer.send('650 BW 1 2');
  await assert.rejects(thrown, RangeError);
  const open = controller.waitFor('BW');
  const rejected = assert.rejects(open, code('control-closed'));
  await controller.close();
  await rejected;
});

test('a list that was not answered in time is sent again when it is wanted again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let silent = false;
  const { controller, peer } = await openScripted((command) => (silent ? undefined : tor(command)));
  const first = controller.events('BW');
  await first.ready;
  silent = true;
  await first.return?.();
  const late = assert.rejects(controller.signal('DUMP'), code('control-timeout'));
  t.mock.timers.tick(60_000);
  await late;
  silent = false;
  peer.send('250 OK', '250 OK');
  await controller.events('BW').ready;
  assert.deepEqual(peer.received, ['SETEVENTS BW', 'SETEVENTS', 'SIGNAL DUMP', 'SETEVENTS BW']);
  await controller.close();
});
