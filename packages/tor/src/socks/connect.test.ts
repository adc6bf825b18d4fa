import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { connectSocks } from './connect.ts';

const target = { host: 'example.onion', port: 80, username: 'r1' };
const granted = [5, 0, 0, 3, 3, 97, 98, 99, 0, 80];

/** The other end: answers each write with the next of these, byte by byte; hangs up when there are no more. */
const port = (answers: readonly (readonly number[])[]): Duplex => {
  const rest = [...answers];
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      const answer = rest.shift();
      if (answer === undefined) this.push(null);
      else for (const byte of answer) this.push(Uint8Array.of(byte));
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

  test('is destroyed with the reason when tor refuses', async () => {
    const stream = port([
      [5, 2],
      [1, 0],
      [5, 0xf0, 0, 1, 0, 0, 0, 0, 0, 0],
    ]);
    await assert.rejects(connectSocks(stream, target, never), {
      code: 'socks-refused',
      reply: 'onion-descriptor-not-found',
    });
    assert.equal(stream.destroyed, true);
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
