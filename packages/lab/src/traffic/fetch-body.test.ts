import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, suite, test } from 'node:test';
import { openBody } from '../network/body.ts';
import { type FetchResult, fetchBody } from './fetch-body.ts';

const request = { id: 'r1', totalBytes: 1000, bytesPerSecond: 0 };
const head = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n';
const body = openBody('r1').next(1000);

suite('fetching a body', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server?.close(resolve));
  });
  const fetchFrom = async (
    answer: (socket: Socket) => void,
    options: { silenceMs?: number; signal?: AbortSignal } = {},
  ): Promise<FetchResult> => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    return fetchBody(socket, request, {
      host: 'x',
      silenceMs: options.silenceMs ?? 60_000,
      signal: options.signal ?? AbortSignal.timeout(120_000),
    });
  };

  test('a whole body is complete', async () => {
    const result = await fetchFrom((socket) => socket.end(Buffer.concat([Buffer.from(head), body])));
    assert.equal(result.end, 'complete');
    assert.equal(result.receivedBytes, 1000);
  });

  test('a truncated body is cut, and how far it came is told', async () => {
    const result = await fetchFrom((socket) => socket.end(Buffer.concat([Buffer.from(head), body.subarray(0, 999)])));
    assert.deepEqual([result.end, result.reason], ['cut', 'closed after 999 of 1000 bytes']);
  });

  test('a reset is a cut', async () => {
    const result = await fetchFrom((socket) => {
      socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, 10)]), () => socket.resetAndDestroy());
    });
    assert.equal(result.end, 'cut');
  });

  test('an end before the answer is a cut', async () => {
    assert.equal((await fetchFrom((socket) => socket.end())).end, 'cut');
  });

  test('a changed byte is corruption', async () => {
    const changed = Buffer.from(body);
    changed[17] = (changed[17] ?? 0) ^ 1;
    const result = await fetchFrom((socket) => socket.end(Buffer.concat([Buffer.from(head), changed])));
    assert.deepEqual([result.end, result.reason], ['corrupt', 'byte 17 of the body is wrong']);
  });

  test('another answer than 200 is corruption', async () => {
    const result = await fetchFrom((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    assert.deepEqual([result.end, result.reason], ['corrupt', 'the web server answered "HTTP/1.1 404 Not Found"']);
  });

  test('another length is corruption', async () => {
    const result = await fetchFrom((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
    assert.deepEqual([result.end, result.reason], ['corrupt', 'the web server sends 5 bytes, not 1000']);
  });

  test('a head that does not end is corruption', async () => {
    const result = await fetchFrom((socket) => socket.end('x'.repeat(5000)));
    assert.equal(result.end, 'corrupt');
  });

  test('silence is given up', async () => {
    const result = await fetchFrom((socket) => socket.write(head), { silenceMs: 20 });
    assert.deepEqual([result.end, result.reason], ['silent', 'no byte for 0.02 s']);
  });

  test('an abort ends it', async () => {
    const controller = new AbortController();
    const result = await fetchFrom(() => controller.abort(), { signal: controller.signal });
    assert.equal(result.end, 'aborted');
  });
});
