// A program: the web server behind the private network's onion services and exits. A process of its own because it may
// have to listen inside a network namespace.
//   web-server.ts ADDRESS PORT ONION_SOCKET REPORT_SOCKET
// It listens on ADDRESS:PORT for exits and on ONION_SOCKET for onion services, and tells whoever connects to REPORT_SOCKET
// about every request from then on, a line of JSON each (web-protocol.ts).
import { renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { openBody } from './body.ts';
import { parseProxyLine, parseRequestHead, renderReport, type WebReport, type WebRequest } from './web-protocol.ts';

const longestHeadBytes = 4096;
const tickMs = 100;
const chunkBytes = 16 * 1024;

const listeners = new Set<Socket>();
const report = (value: WebReport): void => {
  for (const listener of listeners) listener.write(renderReport(value));
};

/** Sends a body at its rate, a piece every tick; stops when the connection ends. */
const sendBody = (socket: Socket, { id, totalBytes, bytesPerSecond }: WebRequest): void => {
  const source = openBody(id);
  let leftBytes = totalBytes;
  const startedMs = performance.now();
  const step = (): void => {
    if (socket.destroyed) return;
    const elapsedMs = performance.now() - startedMs + tickMs;
    const dueBytes =
      bytesPerSecond === 0 ? leftBytes : Math.ceil((elapsedMs * bytesPerSecond) / 1000) - (totalBytes - leftBytes);
    const length = Math.min(leftBytes, Math.max(0, dueBytes), chunkBytes);
    leftBytes -= length;
    if (leftBytes === 0) {
      socket.end(source.next(length));
    } else if (bytesPerSecond === 0) {
      if (socket.write(source.next(length))) setImmediate(step);
      else socket.once('drain', step);
    } else {
      if (length > 0) socket.write(source.next(length));
      setTimeout(step, tickMs);
    }
  };
  step();
};

const serve = (socket: Socket, behindTor: boolean): void => {
  let head = '';
  let circuitId: string | undefined;
  let expectsProxyLine = behindTor;
  let request: WebRequest | undefined;
  let finished = false;
  const onData = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    if (head.length > longestHeadBytes) {
      socket.destroy();
      return;
    }
    const proxyEnd = head.indexOf('\r\n');
    if (expectsProxyLine && proxyEnd !== -1) {
      circuitId = parseProxyLine(head.slice(0, proxyEnd))?.circuitId;
      head = head.slice(proxyEnd + 2);
      expectsProxyLine = false;
    }
    if (expectsProxyLine || !head.includes('\r\n\r\n')) return;
    socket.off('data', onData).resume();
    request = parseRequestHead(head);
    if (request === undefined) {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    report({ event: 'request', id: request.id, ...(circuitId === undefined ? {} : { circuitId }) });
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.totalBytes}\r\nConnection: close\r\n\r\n`);
    sendBody(socket, request);
  };
  socket.on('data', onData);
  socket.on('finish', () => {
    finished = true;
  });
  // A connection that breaks is what the traffic is there to find: 'close' reports it, the error says no more.
  socket.on('error', () => {});
  socket.on('close', () => {
    if (request !== undefined) report({ event: finished ? 'sent' : 'broken', id: request.id });
  });
};

const listen = (server: Server, where: { host: string; port: number } | { path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });

const [address, port, onionSocket, reportSocket] = process.argv.slice(2);
if (address === undefined || port === undefined || onionSocket === undefined || reportSocket === undefined) {
  throw new TypeError('usage: web-server.ts ADDRESS PORT ONION_SOCKET REPORT_SOCKET');
}
const fromExits = createServer((socket) => serve(socket, false));
const fromOnions = createServer((socket) => serve(socket, true));
const reports = createServer((socket) => {
  listeners.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => listeners.delete(socket));
  socket.resume();
});
const unnamed = `${reportSocket}.new`;
for (const path of [onionSocket, reportSocket, unnamed]) rmSync(path, { force: true });
await listen(fromExits, { host: address, port: Number(port) });
await listen(fromOnions, { path: onionSocket });
// The last one, and under its name only once it listens: whoever finds it knows that all do.
await listen(reports, { path: unnamed });
renameSync(unnamed, reportSocket);
