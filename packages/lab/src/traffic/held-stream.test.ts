// Streams that are held open, against servers that send back all, less, or something else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ownLoopback } from '../base/testing/own-loopback.ts';
import { startEchoServer } from './echo-server.ts';
import { HeldStream } from './held-stream.ts';

const withServer = async (serve: (socket: Socket) => void, use: (stream: HeldStream) => Promise<void>) => {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const stream = new HeldStream(socket, { name: 'a stream', everyMs: 5 });
  try {
    await use(stream);
  } finally {
    stream.drop();
    server.close();
  }
};

test('a stream whose bytes all come back says how many and what they hash to', async () => {
  await withServer(
    (socket) => socket.pipe(socket),
    async (stream) => {
      await stream.moves();
      await stream.moves();
      const { bytes, sha256 } = await stream.finish();
      assert.ok(bytes >= 1024);
      assert.match(sha256, /^[0-9a-f]{64}$/);
    },
  );
});

test('a byte that is wrong is noticed', async () => {
  await withServer(
    (socket) =>
      socket.on('data', (chunk: Buffer) => socket.write(chunk.map((byte, index) => (index === 3 ? byte ^ 1 : byte)))),
    async (stream) => {
      await stream.moves();
      await assert.rejects(stream.finish(), /a stream: what came back is not what was sent/);
    },
  );
});

test('a stream that is cut says so', async () => {
  await withServer(
    (socket) => socket.once('data', () => socket.destroy()),
    async (stream) => {
      await assert.rejects(stream.moves(), /a stream: .*after 0 bytes/);
      assert.notEqual(stream.cut, undefined);
    },
  );
});

test('an echo server on loopback echoes until it is closed', async () => {
  const place = { address: ownLoopback(), port: 8081 };
  const server = await startEchoServer(place);
  const socket = connect(place.port, place.address);
  socket.write('hello');
  const [said] = await once(socket, 'data');
  assert.equal(String(said), 'hello');
  const closed = once(socket, 'close');
  await server.close();
  await closed;
});
