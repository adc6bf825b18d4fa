import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { connectSocks } from './socks.ts';

const target = { host: 'example.onion', port: 80, username: 'r1' };

suite('SOCKS over a unix socket', () => {
  let folder: string;
  let path: string;
  let server: Server | undefined;
  let sockets: Socket[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-socks-'));
    path = join(folder, 'socks.sock');
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    if (server !== undefined) await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });
  /** Answers each message of the client with the next of `answers`. */
  const serve = async (answers: readonly Buffer[]): Promise<void> => {
    let received = 0;
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', () => socket.write(answers[received++] ?? Buffer.alloc(0)));
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
  };

  test('what follows the handshake is left in the stream', async () => {
    const granted = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    await serve([Buffer.from([5, 2]), Buffer.from([1, 0]), Buffer.concat([granted, Buffer.from('hello')])]);
    const socket = await connectSocks(path, target, AbortSignal.timeout(120_000));
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.length >= 5) break;
    }
    assert.equal(text, 'hello');
  });

  test('a socket that is not there is told as the system has it', async () => {
    await assert.rejects(connectSocks(path, target, AbortSignal.timeout(120_000)), { code: 'ENOENT' });
  });

  test('an abort ends the wait for an answer with its reason', async () => {
    await serve([Buffer.from([5, 2])]);
    const controller = new AbortController();
    const opened = connectSocks(path, target, controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await assert.rejects(opened, /enough/);
  });
});
