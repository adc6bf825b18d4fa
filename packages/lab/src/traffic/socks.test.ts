import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { connectSocks, encodeConnect, encodeLogin, SocksError } from './socks.ts';

const target = { host: 'example.onion', port: 80, username: 'r1' };
const granted = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

suite('SOCKS client', () => {
  let folder: string;
  let path: string;
  let server: Server;
  let sockets: Socket[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-socks-'));
    path = join(folder, 'socks.sock');
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  /** Answers each message of the client with the next of `answers`, byte by byte. */
  const serve = async (answers: readonly Buffer[]): Promise<Buffer[]> => {
    const received: Buffer[] = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (chunk) => {
        received.push(chunk);
        const answer = answers[received.length - 1];
        if (answer === undefined) socket.end();
        else for (const byte of answer) socket.write(Buffer.from([byte]));
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return received;
  };

  test('says who it is and where it wants to go', async () => {
    const received = await serve([Buffer.from([5, 2]), Buffer.from([1, 0]), granted]);
    const socket = await connectSocks(path, target, AbortSignal.timeout(10_000));
    socket.destroy();
    assert.deepEqual(received, [Buffer.from([5, 1, 2]), encodeLogin('r1'), encodeConnect(target)]);
    assert.deepEqual(encodeConnect({ host: 'ab', port: 8080 }), Buffer.from([5, 1, 0, 3, 2, 97, 98, 31, 144]));
  });

  test('what follows the handshake is left in the stream, also behind a long address', async () => {
    const named = Buffer.from([5, 0, 0, 3, 3, 97, 98, 99, 0, 80]);
    await serve([Buffer.from([5, 2]), Buffer.from([1, 0]), Buffer.concat([named, Buffer.from('hello')])]);
    const socket = await connectSocks(path, target, AbortSignal.timeout(10_000));
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.length >= 5) break;
    }
    assert.equal(text, 'hello');
  });

  const refusals: [string, Buffer[], RegExp][] = [
    [
      'a refusal is told in words',
      [Buffer.from([5, 2]), Buffer.from([1, 0]), Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0])],
      /host unreachable/,
    ],
    ['a refused login', [Buffer.from([5, 2]), Buffer.from([1, 1])], /refused the user name/],
    ['a method that was not offered', [Buffer.from([5, 0])], /chose the method 0/],
    ['a server that hangs up', [Buffer.from([5, 2])], /hung up/],
    [
      'an address type of nowhere',
      [Buffer.from([5, 2]), Buffer.from([1, 0]), Buffer.from([5, 0, 0, 9, 0])],
      /address type 9/,
    ],
  ];
  for (const [name, answers, message] of refusals) {
    test(name, async () => {
      await serve(answers);
      await assert.rejects(connectSocks(path, target, AbortSignal.timeout(10_000)), (error) => {
        assert.ok(error instanceof SocksError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test('an abort ends the wait for an answer with its reason', async () => {
    await serve([Buffer.from([5, 2]), Buffer.from([])]);
    const controller = new AbortController();
    const opened = connectSocks(path, target, controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await assert.rejects(opened, /enough/);
  });
});
