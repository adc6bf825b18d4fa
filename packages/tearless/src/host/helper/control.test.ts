// The pipe to a control socket, against a server that speaks as tor does.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { renderHelper } from './render-helper.ts';

const cookie = Buffer.alloc(32, 0xa5);
const target = { kind: 'unix', path: '/run/tor-instances/a/control' } as const;

let place: OwnPlace;
let host: RemoteHost;
let server: Server;
let connection: Socket | undefined;
/** What arrived at tor, line by line. */
const arrived: string[] = [];

before(async () => {
  place = await ownPlace();
  const directory = join(place.root, 'run/tor-instances/a');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'control.authcookie'), cookie);
  server = createServer((socket) => {
    connection = socket;
    let authenticated = false;
    createInterface({ input: socket }).on('line', (line) => {
      arrived.push(line);
      if (line === `AUTHENTICATE ${cookie.toString('hex')}`) {
        authenticated = true;
        socket.write('250 OK\r\n');
      } else if (!authenticated) socket.end('515 Authentication failed\r\n');
      else if (line === 'PROTOCOLINFO 1')
        socket.write('250-PROTOCOLINFO 1\r\n250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/run/c"\r\n250 OK\r\n');
      else if (line === 'QUIT') socket.end('250 closing connection\r\n');
      else socket.write(`250 ${line}\r\n`);
    });
  }).listen(join(directory, 'control'));
  await once(server, 'listening');
  host = new RemoteHost({
    transport: new LocalTransport('here'),
    helper: renderHelper({ factsScript: ':', place }),
    carryHelper: true,
  });
});
after(async () => {
  await host.close();
  server.close();
  await place[Symbol.asyncDispose]();
});

/** Sends lines and gives what came back until tor closed. */
const talk = async (lines: readonly string[]): Promise<string> => {
  const stream = await host.open(target);
  stream.write([...lines, 'QUIT', ''].join('\r\n'));
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

test('questions pass to tor, authenticated on the host, and its answers come back', async () => {
  assert.equal(
    await talk(['GETINFO version', 'GETCONF ORPort', 'SETEVENTS CIRC STREAM', 'SIGNAL RELOAD']),
    '250 GETINFO version\r\n250 GETCONF ORPort\r\n250 SETEVENTS CIRC STREAM\r\n250 SIGNAL RELOAD\r\n250 closing connection\r\n',
  );
});

test('a client is told that it need not authenticate, and may do so without knowing the cookie', async () => {
  assert.equal(
    await talk(['PROTOCOLINFO 1', 'AUTHENTICATE']),
    '250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250 OK\r\n250 OK\r\n250 closing connection\r\n',
  );
});

test('whatever changes tor is answered as unknown, in its turn', async () => {
  const refused = [
    'SETCONF User=root',
    'RESETCONF Log',
    '+LOADCONF',
    'SIGNAL SHUTDOWN',
    'SIGNAL DUMP',
    'ADD_ONION NEW:BEST',
    'ONION_CLIENT_AUTH_VIEW',
    'SETEVENTS DEBUG',
    'SETEVENTS CIRC info',
    'SAVECONF',
    'TAKEOWNERSHIP',
    'AUTHCHALLENGE SAFECOOKIE 00',
    'getinfo x\0y',
    '',
  ];
  for (const line of refused) {
    arrived.length = 0;
    const said = await talk([line, 'GETINFO version']);
    assert.equal(said, '250 REFUSED_BY_TEARLESS\r\n250 GETINFO version\r\n250 closing connection\r\n', line);
    assert.ok(!arrived.includes(line), line);
  }
});

test('a stream that is destroyed ends tor’s side too', async () => {
  const stream = await host.open(target);
  stream.write('GETINFO version\r\n');
  await once(stream, 'data');
  assert.ok(connection);
  const closed = once(connection, 'close');
  stream.destroy();
  await closed;
});

test('a socket that is not there and an instance that has none are errors', async () => {
  for (const path of ['/run/tor-instances/b/control', '/run/tor/control'])
    await assert.rejects(
      host.open({ kind: 'unix', path }),
      (error) => error instanceof HostError && error.code === 'host-not-found',
    );
});

test('a cookie that tor refuses is an error that does not show it', async () => {
  const file = join(place.root, 'run/tor-instances/a/control.authcookie');
  await writeFile(file, Buffer.alloc(32, 0x11));
  await assert.rejects(host.open(target), (error) => {
    assert.ok(error instanceof HostError);
    assert.equal(error.code, 'host-command-failed');
    assert.doesNotMatch(JSON.stringify([error.message, error.lines]), /1111/);
    return true;
  });
  await writeFile(file, 'too long to be a cookie, and so none at all');
  await assert.rejects(
    host.open(target),
    (error) => error instanceof HostError && error.code === 'host-command-failed',
  );
  await writeFile(file, cookie);
});
