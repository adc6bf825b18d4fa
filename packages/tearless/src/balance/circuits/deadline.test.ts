import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { it } from 'node:test';
import { openDeadline } from './deadline.ts';

it('fires with the other signal, for its reason', () => {
  const outer = new AbortController();
  using deadline = openDeadline(outer.signal, 60_000);
  outer.abort(new Error('over'));
  assert.match(String(deadline.signal.reason), /over/);
  using late = openDeadline(outer.signal, 60_000);
  assert.equal(late.signal.aborted, true);
});

it('fires when its time is over', async () => {
  using deadline = openDeadline(new AbortController().signal, 1);
  await once(deadline.signal, 'abort');
  assert.match(String(deadline.signal.reason), /no answer within 0.001 s/);
});

it('leaves nothing behind', () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 10; i++) openDeadline(signal, 60_000)[Symbol.dispose]();
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});
