import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { connectSocks } from './connect.ts';

const target = { host: 'example.onion', port: 80, username: 'r1' };
const granted = [5, 0, 0, 3, 3, 97, 98, 99, 0, 80];

/** The other end: answers each write with the next of these, byte by byte; hangs up when there are no more. */
const port = (answers: readonly (readonly number[])[], { hangsUp = false } = {}): Duplex => {
  const rest = [...answers];
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      const answer = rest.shift();
      for (const byte of answer ?? []) this.push(Uint8Array.of(byte));
      if (answer === undefined || (hangsUp && rest.length === 0)) this.push(null);
      done();
    },
  });
};
const never = new AbortController().signal;

suite('a stream by a SOCKS port', () => {
  test('is the given stream, with all that came after the handshake', async () => {
    const stream = port([
      [5, 2],
      [1, 0],
      [...granted, 104, 105],
    ]);
    assert.equal(await connectSocks(stream, target, never), stream);
    let text = '';
    for await (const chunk of stream) {
      text += chunk;
      if (text.length === 2) break;
    }
    assert.equal(text, 'hi');
  });

  const notFound = [5, 0xf0, 0, 1, 0, 0, 0, 0, 0, 0];

  test('is destroyed with the reason when tor refuses', async () => {
    for (const [code, reply] of [
      [0xf0, 'onion-descriptor-not-found'],
      [5, 'connection-refused'],
    ] as const) {
      const stream = port(
        [
          [5, 2],
          [1, 0],
          [5, code, ...notFound.slice(2)],
        ],
        { hangsUp: true },
      );
      await assert.rejects(connectSocks(stream, target, never), { code: 'socks-refused', reply });
      assert.equal(stream.destroyed, true);
    }
  });

  test('is taken for open when tor tells of a failed attempt and does not hang up, or lets bytes through', async () => {
    const silent = port([[5, 2], [1, 0], notFound]);
    assert.equal(await connectSocks(silent, target, never), silent);
    assert.equal(silent.destroyed, false);
    const short = port(
      [
        [5, 2],
        [1, 0],
        [...notFound, 104, 105],
      ],
      { hangsUp: true },
    );
    let text = '';
    for await (const chunk of await connectSocks(short, target, never)) text += chunk;
    assert.equal(text, 'hi');
  });

  test('is not taken for open by a process that was held up while tor hung up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tearless-socks-'));
    const path = join(folder, 'socks');
    const answers = [[5, 2], [1, 0], notFound];
    const hangUpAndHold = (socket: Socket): void => {
      socket.destroy();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
    };
    const server = createServer((socket) => {
      socket.on('data', () => {
        socket.write(Uint8Array.from(answers.shift() ?? []));
        if (answers.length > 0) return;
        setTimeout(() => setImmediate(hangUpAndHold, socket), 20);
      });
    }).listen(path);
    try {
      await once(server, 'listening');
      await assert.rejects(connectSocks(connect(path), target, never), { reply: 'onion-descriptor-not-found' });
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('a port that hangs up is told', async () => {
    await assert.rejects(connectSocks(port([[5, 2]]), target, never), { code: 'socks-closed', message: /hung up/ });
  });

  test('an error of the stream is the reason', async () => {
    const stream = port([[5, 2], []]);
    const opening = connectSocks(stream, target, never);
    stream.destroy(new Error('reset'));
    await assert.rejects(opening, /reset/);
  });

  test('an abort ends the wait with its reason, before and after it began', async () => {
    const stream = port([[5, 2], []]);
    const giveUp = new AbortController();
    const opening = connectSocks(stream, target, giveUp.signal);
    setImmediate(() => giveUp.abort(new Error('enough')));
    await assert.rejects(opening, /enough/);
    assert.equal(stream.destroyed, true);
    await assert.rejects(connectSocks(port([]), target, giveUp.signal), /enough/);
  });
});
