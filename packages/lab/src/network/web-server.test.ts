import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownLoopback } from '../base/testing/own-loopback.ts';
import { openBody } from './body.ts';
import { waitForFile } from './wait-for-file.ts';
import { parseReport, renderPath, type WebReport, type WebRequest } from './web-protocol.ts';

const address = ownLoopback();
const port = 8080;

suite('web server', () => {
  let folder: string;
  let child: ChildProcess;
  let reportSocket: Socket;
  const reports: WebReport[] = [];
  let onReport = () => {};
  const nextReport = async (event: string, id: string): Promise<WebReport> => {
    for (;;) {
      const found = reports.find((report) => report.event === event && report.id === id);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        onReport = resolve;
      });
    }
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-web-'));
    const program = fileURLToPath(new URL('web-server.ts', import.meta.url));
    const [onion, report] = [join(folder, 'onion.sock'), join(folder, 'report.sock')];
    child = spawn(process.execPath, [program, address, String(port), onion, report], { stdio: 'ignore' });
    await waitForFile(report, 0, AbortSignal.timeout(120_000));
    reportSocket = connect(report);
    await once(reportSocket, 'connect');
    createInterface(reportSocket).on('line', (line) => {
      reports.push(parseReport(line));
      onReport();
    });
  });
  after(async () => {
    reportSocket.destroy();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (socket: Socket, request: WebRequest, prefix = ''): void => {
    socket.write(`${prefix}GET ${renderPath(request)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  };
  const readAll = async (socket: Socket): Promise<{ head: string; body: Buffer }> => {
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n') + 4;
    return { head: all.subarray(0, end).toString(), body: all.subarray(end) };
  };

  test('the body is the one of that name, with its length, and the request is reported', async () => {
    const socket = connect(port, address);
    ask(socket, { id: 'a', totalBytes: 100_000, bytesPerSecond: 0 });
    const { head, body } = await readAll(socket);
    assert.match(head, /^HTTP\/1\.1 200 OK\r\nContent-Length: 100000\r\n/);
    assert.ok(body.equals(openBody('a').next(100_000)));
    assert.deepEqual(await nextReport('request', 'a'), { event: 'request', id: 'a' });
    await nextReport('sent', 'a');
  });

  test('a body at a rate is the same body', async () => {
    const socket = connect(port, address);
    ask(socket, { id: 'b', totalBytes: 30_000, bytesPerSecond: 60_000 });
    const { body } = await readAll(socket);
    assert.ok(body.equals(openBody('b').next(30_000)));
  });

  test('behind tor the circuit is told, and the PROXY line is no part of the request', async () => {
    const socket = connect(join(folder, 'onion.sock'));
    const proxyLine = 'PROXY TCP6 fc00:dead:beef:4dad::0:29 ::1 65535 80\r\n';
    ask(socket, { id: 'c', totalBytes: 10, bytesPerSecond: 0 }, proxyLine);
    const { body } = await readAll(socket);
    assert.ok(body.equals(openBody('c').next(10)));
    assert.deepEqual(await nextReport('request', 'c'), { event: 'request', id: 'c', circuitId: '41' });
  });

  test('a connection that breaks is reported as broken', async () => {
    const socket = connect(port, address);
    ask(socket, { id: 'd', totalBytes: 1_000_000, bytesPerSecond: 1000 });
    await once(socket, 'data');
    socket.resetAndDestroy();
    await nextReport('broken', 'd');
  });

  test('anything else than a request is refused', async () => {
    const socket = connect(port, address);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    const { head } = await readAll(socket);
    assert.match(head, /^HTTP\/1\.1 400 /);
  });

  test('a head that does not end is hung up on', async () => {
    const socket = connect(port, address);
    socket.on('error', () => {});
    socket.write('x'.repeat(10_000));
    await once(socket, 'close');
    assert.ok(existsSync(join(folder, 'report.sock')));
  });
});
