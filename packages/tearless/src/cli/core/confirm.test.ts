import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { confirm } from './confirm.ts';
import type { CommandContext } from './context.ts';

/** Asks somebody at a terminal who presses these keys. */
const ask = (keys: string, { isTTY = true, json = false } = {}): Promise<boolean> => {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  stderr.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('[y/N]')) stdin.write(keys);
  });
  const { signal } = new AbortController();
  return confirm({ surroundings: { stdin, stderr }, output: { json }, signal } as unknown as CommandContext, 'go on');
};

describe('a question', () => {
  for (const [keys, answer] of [
    ['y\r', true],
    ['YES\r', true],
    ['n\r', false],
    ['\r', false],
    ['yesterday\r', false],
    ['\x04', false],
  ] as const)
    it(`takes ${JSON.stringify(keys)} for ${answer ? 'yes' : 'no'}`, async () => assert.equal(await ask(keys), answer));

  it('ends the command at Ctrl-C', async () => {
    await assert.rejects(ask('\x03'), { kind: 'interrupted', code: 'cli-interrupted' });
  });

  it('is refused where nobody can answer', async () => {
    await assert.rejects(ask('y\r', { isTTY: false }), { kind: 'refused', code: 'cli-no-terminal' });
    await assert.rejects(ask('y\r', { json: true }), { kind: 'refused', code: 'cli-no-terminal' });
  });
});
