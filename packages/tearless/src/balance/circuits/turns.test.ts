import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Turns, type Urgency } from './turns.ts';

/** Sleeps until it is told that time has passed. */
const makeClock = () => {
  let nowMs = 0;
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    now: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ atMs: nowMs + ms, wake })),
    pass: async (ms: number) => {
      nowMs += ms;
      const due = sleepers.filter(({ atMs }) => atMs <= nowMs);
      sleepers = sleepers.filter(({ atMs }) => atMs > nowMs);
      for (const { wake } of due) wake();
      await new Promise(setImmediate);
    },
  };
};
const { signal } = new AbortController();
const start = (mostAtOnce: number, most: number) => {
  const clock = makeClock();
  const turns = new Turns({ mostAtOnce, uploads: { perSecond: 1, most } }, clock);
  const began: string[] = [];
  const releases = new Map<string, () => void>();
  const ask = (name: string, urgency: Urgency) =>
    void turns.take(urgency, signal).then((release) => {
      began.push(name);
      releases.set(name, release);
    });
  const settle = () => new Promise(setImmediate);
  const end = async (name: string) => {
    releases.get(name)?.();
    await settle();
  };
  return { clock, turns, began, ask, end, settle };
};

it('the loss of a worker goes before other rounds, they before what has begun, and that before looks', async () => {
  const { began, ask, end, settle } = start(1, 10);
  ask('first', 'look');
  ask('look', 'look');
  ask('check', 'check');
  ask('round', 'round');
  ask('loss', 'loss');
  ask('another loss', 'loss');
  await settle();
  assert.deepEqual(began, ['first', 'loss'], 'one beyond the bound');
  for (const name of ['first', 'loss', 'another loss', 'round', 'check']) await end(name);
  assert.deepEqual(began.slice(2), ['another loss', 'round', 'check', 'look']);
});

it('rounds wait for the budget of uploads; looks and a loss do not', async () => {
  const { clock, began, ask, settle } = start(100, 1);
  for (const name of ['one', 'two', 'three']) ask(name, 'round');
  ask('look', 'look');
  ask('check', 'check');
  await settle();
  assert.deepEqual(began, ['one', 'look', 'check']);
  ask('loss', 'loss');
  await settle();
  assert.deepEqual(began.slice(3), ['loss']);
  await clock.pass(1000);
  assert.deepEqual(began.slice(4), [], 'the loss used a token');
  await clock.pass(1000);
  await clock.pass(1000);
  assert.deepEqual(began.slice(4), ['two', 'three']);
});

it('who gives up while waiting leaves no hole, and a turn is given back once', async () => {
  const { turns, began, ask, settle } = start(1, 10);
  const release = await turns.take('round', signal);
  const gone = new AbortController();
  const given = turns.take('round', gone.signal);
  gone.abort(new Error('gone'));
  await assert.rejects(given, /gone/);
  ask('next', 'round');
  ask('after', 'round');
  release();
  release();
  await settle();
  assert.deepEqual(began, ['next']);
});
