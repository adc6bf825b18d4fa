// The pipe that shows one onion service, against a server that speaks as tor does: what passes, and what does not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { openPipe } from '../pipe.ts';
import { RemoteHost } from '../remote-host.ts';
import { bootCommand, encodeHelperRequest, encodeProgram } from '../request.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { renderHelper } from './render-helper.ts';

const address = `${'a'.repeat(55)}d`;
const other = `${'b'.repeat(55)}d`;
const cookie = Buffer.alloc(32, 0xa5);
const descriptor = 'hs-descriptor 3\r\n..a line with a dot\r\n650 HS_DESC looks like an event\r\n250 OK\r\n';

let place: OwnPlace;
let host: RemoteHost;
let tor: Server;
let connection: Socket | undefined;
const arrived: string[] = [];
/** What tor answers to GETCONF HiddenServiceOptions. */
let services: readonly string[] = [];

before(async () => {
  place = await ownPlace();
  const directory = join(place.root, 'run/tor-instances/a');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'control.authcookie'), cookie);
  tor = createServer((socket) => {
    connection = socket;
    createInterface({ input: socket }).on('line', (line) => {
      arrived.push(line);
      if (line === 'PROTOCOLINFO 1')
        socket.write('250-PROTOCOLINFO 1\r\n250-AUTH METHODS=COOKIE COOKIEFILE="/run/c"\r\n250 OK\r\n');
      else if (line.startsWith('GETINFO hs/'))
        socket.write(`250+hs/service/desc/id/${address}=\r\n${descriptor}.\r\n250 OK\r\n`);
      else if (line === 'GETCONF HiddenServiceOptions')
        socket.write([...services.map((one) => `250-${one}`), '250 OK', ''].join('\r\n'));
      else if (line === 'REFUSED_BY_TEARLESS') socket.write('510 Unrecognized command "REFUSED_BY_TEARLESS"\r\n');
      else if (line === 'QUIT') socket.end('250 closing connection\r\n');
      else socket.write('250 OK\r\n');
    });
  }).listen(join(directory, 'control'));
  await once(tor, 'listening');
  host = new RemoteHost({
    transport: new LocalTransport('here'),
    helper: renderHelper({ factsScript: ':', place }),
    carryHelper: true,
  });
});
after(async () => {
  await host.close();
  tor.close();
  await place[Symbol.asyncDispose]();
});
beforeEach(() => {
  arrived.length = 0;
  services = [];
});

const open = (port?: number): Promise<Duplex> =>
  host.open({
    kind: 'onion',
    instance: 'a',
    onionAddress: `${address}.onion`,
    ...(port === undefined ? {} : { port }),
  });
const readAll = async (stream: Duplex): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};
const talk = async (...lines: readonly string[]): Promise<string> => {
  const stream = await open();
  stream.write([...lines, 'QUIT', ''].join('\r\n'));
  return readAll(stream);
};

describe('of all that tor answers', () => {
  test('the descriptor of the one service passes, whole', async () => {
    assert.equal(
      await talk(`GETINFO hs/service/desc/id/${address}`),
      `250+hs/service/desc/id/${address}=\r\n${descriptor}.\r\n250 OK\r\n250 closing connection\r\n`,
    );
  });

  test('a client is told that it need not authenticate', async () => {
    assert.equal(
      await talk('PROTOCOLINFO 1', 'AUTHENTICATE'),
      '250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250 OK\r\n250 OK\r\n250 closing connection\r\n',
    );
  });

  test('nothing else can be asked, not even what the pipe for fleets lets through', async () => {
    const refused = [
      `GETINFO hs/service/desc/id/${other}`,
      `GETINFO hs/service/desc/id/${address} version`,
      'GETINFO version',
      'GETINFO circuit-status',
      'GETCONF HiddenServiceOptions',
      'GETCONF HashedControlPassword',
      'SETEVENTS HS_DESC STREAM',
      'SETEVENTS HS_DESC_CONTENT',
      'SETEVENTS ADDRMAP',
      'SETEVENTS INFO',
      'SIGNAL RELOAD',
      'SIGNAL NEWNYM',
      'SETCONF PublishHidServDescriptors=1',
      'HSPOST',
      'HSFETCH duckduckgo',
      'ONION_CLIENT_AUTH_VIEW',
      'PROTOCOLINFO 1\u0000',
      'CLOSECIRCUIT 1',
      '',
    ];
    for (const line of refused) {
      arrived.length = 0;
      const said = await talk(line);
      assert.match(said, /^510 Unrecognized command "REFUSED_BY_TEARLESS"\r\n250 closing connection\r\n$/, line);
      assert.deepEqual(arrived.slice(1), ['REFUSED_BY_TEARLESS', 'QUIT'], line);
    }
  });
});

describe('of all events', () => {
  /** What passes of what tor sends. */
  const hear = async (...events: readonly string[]): Promise<string[]> => {
    const stream = await open();
    stream.write('SETEVENTS HS_DESC STATUS_CLIENT CIRC CIRC_MINOR ONION_SERVICE\r\n');
    await once(stream, 'readable');
    stream.read();
    assert.equal(arrived.at(-1), 'SETEVENTS HS_DESC STATUS_CLIENT CIRC CIRC_MINOR');
    connection?.write(events.map((event) => `${event}\r\n`).join(''));
    stream.write('QUIT\r\n');
    const lines = (await readAll(stream)).split('\r\n');
    assert.deepEqual(lines.splice(-2), ['250 closing connection', '']);
    return lines;
  };
  const circuit = `$${'A'.repeat(40)}~guard,$${'B'.repeat(40)}~middle BUILD_FLAGS=IS_INTERNAL PURPOSE=HS_SERVICE_INTRO`;

  test('those about its descriptors pass, and the arrival of a consensus', async () => {
    const mine = [
      `650 HS_DESC CREATED ${address} UNKNOWN UNKNOWN abc`,
      '650 STATUS_CLIENT NOTICE CONSENSUS_ARRIVED',
      `650 HS_DESC UPLOADED ${address} UNKNOWN $${'C'.repeat(40)}~dir`,
    ];
    assert.deepEqual(await hear(...mine), mine);
  });

  test('those of its introduction circuits pass without the path', async () => {
    const passed = await hear(
      `650 CIRC_MINOR 7 PURPOSE_CHANGED ${circuit} HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address} OLD_PURPOSE=HS_SERVICE_INTRO`,
      `650 CIRC 7 CLOSED ${circuit} HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address} REASON=REQUESTED`,
    );
    assert.deepEqual(passed, [
      `650 CIRC_MINOR 7 PURPOSE_CHANGED PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address}`,
      `650 CIRC 7 CLOSED PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address}`,
    ]);
  });

  test('none of another service, of a client or of anything else passes', async () => {
    const foreign = [
      `650 HS_DESC CREATED ${other} UNKNOWN UNKNOWN abc`,
      `650 HS_DESC REQUESTED ${other} NO_AUTH ${address} abc`,
      '650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100',
      `650 CIRC 9 CLOSED ${circuit} HS_STATE=HSSI_ESTABLISHED REND_QUERY=${other}`,
      `650 CIRC 9 EXTENDED ${circuit} HS_STATE=HSSI_CONNECTING REND_QUERY=${address}`,
      `650 CIRC 9 CLOSED $${'A'.repeat(40)}~guard PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_JOINED REND_QUERY=${address}`,
      '650+NEWCONSENSUS',
      `650 HS_DESC CREATED ${address} UNKNOWN UNKNOWN abc`,
      '.',
      '650 OK',
    ];
    assert.deepEqual(await hear(...foreign), []);
  });
});

describe('what lies behind the service', () => {
  /** Follows the events about it until one begins with these words. */
  const until = async (stream: Duplex, words: string): Promise<string> => {
    for await (const line of createInterface({ input: stream }))
      if (line.startsWith(`650 ONION_SERVICE ${words}`)) return line;
    return assert.fail('the pipe ended');
  };
  const declare = async (directory: string, port: string): Promise<string[]> => {
    await mkdir(join(place.root, 'hs', directory), { recursive: true });
    await writeFile(join(place.root, 'hs', directory, 'hostname'), `${directory === 'mine' ? address : other}.onion\n`);
    return [`HiddenServiceDir=${join(place.root, 'hs', directory)}`, `HiddenServicePort=${port}`];
  };
  const follow = async (): Promise<Duplex> => {
    const stream = await open(80);
    stream.write('SETEVENTS ONION_SERVICE\r\n');
    return stream;
  };

  test('is told to be up while it takes connections, down with the reason when not, and up again', async (t) => {
    const socket = join(place.root, 'web.sock');
    t.after(() => web.close());
    let web = createServer((visitor) => visitor.end()).listen(socket);
    await once(web, 'listening');
    services = [...(await declare('other', '80 127.0.0.1:1')), ...(await declare('mine', `80 unix:${socket}`))];
    const up = await follow();
    assert.equal(await until(up, 'UP'), `650 ONION_SERVICE UP TARGET="unix:${socket}"`);
    up.destroy();
    web.close();
    await once(web, 'close');
    const down = await follow();
    const lines = createInterface({ input: down })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    assert.equal(await next(), '250 OK');
    assert.match(await next(), /^650 ONION_SERVICE DOWN TARGET="unix:\S+" WHY="No such file or directory"$/);
    web = createServer((visitor) => visitor.end()).listen(socket);
    assert.match(await next(), /^650 ONION_SERVICE UP /);
    web.close();
    assert.match(await next(), /^650 ONION_SERVICE DOWN /);
    down.destroy();
  });

  test('is reached at addresses and ports as tor writes them', async (t) => {
    const web = createServer((visitor) => visitor.end()).listen(0, '127.0.0.1');
    t.after(() => web.close());
    await once(web, 'listening');
    const { port } = web.address() as { port: number };
    for (const target of [`127.0.0.1:${port}`, `localhost:${port}`, String(port)]) {
      services = await declare('mine', `80 ${target}`);
      const stream = await follow();
      assert.equal(await until(stream, ''), `650 ONION_SERVICE UP TARGET="${target}"`);
      stream.destroy();
    }
    web.close();
    await once(web, 'close');
    services = await declare('mine', `80 127.0.0.1:${port}`);
    const stream = await follow();
    assert.match(await until(stream, ''), /^650 ONION_SERVICE DOWN TARGET="\S+" WHY="Connection refused"$/);
    stream.destroy();
  });

  test('is not known where tor has no such port', async () => {
    services = await declare('mine', '443 127.0.0.1:1');
    const stream = await follow();
    assert.equal(await until(stream, ''), '650 ONION_SERVICE UNKNOWN');
    stream.destroy();
  });

  test('is asked about in between without mixing up answers', async () => {
    services = await declare('mine', '80 127.0.0.1:1');
    const stream = await open(80);
    stream.write(`SETEVENTS ONION_SERVICE\r\nGETINFO hs/service/desc/id/${address}\r\nGETINFO version\r\n`);
    const lines: string[] = [];
    for await (const line of createInterface({ input: stream })) {
      if (!line.startsWith('650 ONION_SERVICE')) lines.push(line);
      if (line.startsWith('510')) break;
    }
    stream.destroy();
    const data = descriptor.trimEnd().split('\r\n');
    assert.deepEqual(lines, [
      '250 OK',
      `250+hs/service/desc/id/${address}=`,
      ...data,
      '.',
      '250 OK',
      '510 Unrecognized command "REFUSED_BY_TEARLESS"',
    ]);
  });
});

test('words that are no instance, address or port never leave', async () => {
  const bad = [
    { instance: '../a', onionAddress: address },
    { instance: 'a b', onionAddress: address },
    { instance: 'a', onionAddress: `${address}x` },
    { instance: 'a', onionAddress: `${address}.onion;id` },
    { instance: 'a', onionAddress: address, port: 0 },
    { instance: 'a', onionAddress: address, port: 65_536 },
  ];
  for (const target of bad)
    await assert.rejects(
      host.open({ kind: 'onion', ...target }),
      (error) => error instanceof HostError && error.code === 'host-argument-bad',
      JSON.stringify(target),
    );
});

test('the helper itself refuses them too', async () => {
  for (const args of [
    ['a'],
    ['a', 'short'],
    ['a', `${address}1`],
    ['a', address.toUpperCase()],
    ['a', address, 'x'],
    ['a', address, '080'],
    ['a', address, '80', 'more'],
    ['a;id', address],
  ])
    await assert.rejects(
      host.call('onion', { args }),
      (error) => error instanceof HostError && error.code === 'host-request-bad',
      args.join(' '),
    );
});

test('a caller of another version is served this, and nothing else', async () => {
  const { text } = renderHelper({ factsScript: 'another', place });
  const transport = new LocalTransport('here');
  const ask = async (verb: string, args: readonly string[]): Promise<Duplex> => {
    const request = encodeHelperRequest({ version: '0123456789abcdef', verb, args, input: '' });
    return openPipe(await transport.start(bootCommand), {
      name: 'here',
      request: Buffer.concat([Buffer.from(encodeProgram(text)), request]),
      signal: undefined,
      failure: async (exitCode) => new Error(`status ${exitCode}`),
    });
  };
  (await ask('onion', ['a', address])).destroy();
  await assert.rejects(ask('control', ['a']), /status 76/);
  await transport.close();
});

test('the end of tor is the end of the pipe, without an error', async () => {
  const stream = await open();
  stream.resume();
  connection?.destroy();
  await once(stream, 'end');
  assert.equal(stream.errored, null);
});
