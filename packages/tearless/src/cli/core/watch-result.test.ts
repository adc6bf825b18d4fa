import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import type { CommandContext } from './context.ts';
import { watchResult } from './watch-result.ts';

const contextWith = (sleep: (stop: () => void, signal: AbortSignal) => Promise<void>) => {
  let stop = () => {};
  let forgotten = false;
  const aborter = new AbortController();
  const context = {
    signal: aborter.signal,
    output: { live: false },
    surroundings: {
      stdout: new PassThrough(),
      clock: { now: () => 0, sleep: (_: number, signal: AbortSignal) => sleep(() => stop(), signal) },
    },
    onStopRequested: (callback: () => void) => {
      stop = callback;
      return () => {
        forgotten = true;
      };
    },
  } as unknown as CommandContext;
  return { context, aborter, isForgotten: () => forgotten };
};

it('a watch takes picture after picture until the first interrupt, and gives the last', async () => {
  let slept = 0;
  const { context, isForgotten } = contextWith(async (stop, signal) => {
    slept += 1;
    if (slept < 3) return;
    stop();
    throw signal.reason;
  });
  const printed: number[] = [];
  let taken = 0;
  const last = await watchResult(context, async () => {
    const value = ++taken;
    return { value, lines: () => [], print: () => printed.push(value) };
  });
  assert.equal(last, 3);
  assert.deepEqual(printed, [1, 2, 3]);
  assert.ok(isForgotten());
});

it('the second interrupt ends a watch with an error', async () => {
  const { context, aborter } = contextWith(async (_, signal) => {
    aborter.abort(new Error('second'));
    throw signal.reason;
  });
  await assert.rejects(
    watchResult(context, async () => ({ value: 0, lines: () => [], print: () => {} })),
    /second/,
  );
});
