// The controller against a peer in memory that answers as the test says: queue, events, timeouts, aborts, broken peers.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { Controller, type MalformedEvent } from './controller.ts';
import { openScripted, ScriptedPeer } from './testing/scripted-peer.ts';

const code = (expected: string, kind?: string) => (error: unknown) => {
  assert.ok(error instanceof TorError, String(error));
  assert.equal(error.code, expected);
  if (kind !== undefined) assert.equal(error.kind, kind);
  return true;
};

const ok = (command: string) => (command.startsWith('SETEVENTS') ? '250 OK' : undefined);

test('commands sent together get their own replies, in order, with events in between', async () => {
  const { controller, peer } = await openScripted();
  const version = controller.getInfo('version');
  const conf = controller.getConf(['SocksPort', 'orport']);
  const circuit = controller.extendCircuit();
  assert.deepEqual(await peer.receivedLines(3), ['GETINFO version', 'GETCONF SocksPort orport', 'EXTENDCIRCUIT 0']);
  peer.send('650 BW 1 2', '250-version=0.4.9.11', '250 OK', '650 BW 3 4');
  peer.send(
    '250-SocksPort=9050',
    '250-SocksPort=unix:/x',
    '250 ORPort',
    '650+NS',
    '250 OK',
    '.',
    '650 OK',
    '250 EXTENDED 27',
  );
  assert.equal(await version, '0.4.9.11');
  assert.deepEqual({ ...(await conf) }, { SocksPort: ['9050', 'unix:/x'], orport: [] });
  assert.equal(await circuit, '27');
  await controller.close();
});

test('any number of commands with any cuts of the replies stay matched', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 40 }),
      async (asks, cut) => {
        const { controller, peer } = await openScripted();
        const replies = asks.map((good, i) =>
          controller.getInfo(good ? `k${i}` : `bad${i}`).catch((error: TorError) => error.code),
        );
        await peer.receivedLines(asks.length);
        const wire = asks
          .map((good, i) => (good ? `650 BW ${i} 0\r\n250-k${i}=v${i}\r\n250 OK\r\n` : `552 no bad${i}\r\n`))
          .join('');
        for (let at = 0; at < wire.length; at += cut) peer.sendRaw(wire.slice(at, at + cut));
        assert.deepEqual(
          await Promise.all(replies),
          asks.map((good, i) => (good ? `v${i}` : 'control-unrecognized-entity')),
        );
        await controller.close();
      },
    ),
    { seed: 8, numRuns: 50 },
  );
});

test('an aborted command keeps its place: later replies still match', async () => {
  const { controller, peer } = await openScripted();
  const abort = new AbortController();
  const first = controller.getInfo('a', { signal: abort.signal });
  const second = controller.getInfo('b');
  await peer.receivedLines(2);
  abort.abort(new Error('changed my mind'));
  await assert.rejects(
    first,
    (error) => code('control-aborted', 'interrupted')(error) && (error as TorError).cause instanceof Error,
  );
  peer.send('250-a=1', '250 OK', '250-b=2', '250 OK');
  assert.equal(await second, '2');
  await controller.close();
});

test('a command that takes too long fails and keeps its place', async () => {
  const { controller, peer } = await openScripted();
  await assert.rejects(controller.getInfo('slow', { timeoutMs: 1 }), code('control-timeout', 'timeout'));
  await assert.rejects(
    controller.getInfo('slower', { signal: AbortSignal.timeout(1) }),
    code('control-timeout', 'timeout'),
  );
  const next = controller.getInfo('next');
  await peer.receivedLines(3);
  peer.send('250-slow=1', '250 OK', '250-slower=1', '250 OK', '250-next=2', '250 OK');
  assert.equal(await next, '2');
  await controller.close();
});

test('a command whose signal has fired already is not sent', async () => {
  const { controller, peer } = await openScripted(() => '250 OK');
  await assert.rejects(controller.signal('NEWNYM', { signal: AbortSignal.abort() }), code('control-aborted'));
  await controller.signal('DUMP');
  assert.deepEqual(peer.received, ['SIGNAL DUMP']);
  await controller.close();
});

test('a bad argument is refused and nothing is sent', async () => {
  const { controller, peer } = await openScripted(() => '250 OK');
  await assert.rejects(controller.setConf({ ContactInfo: 'a\r\nQUIT' }), code('control-bad-argument', 'refused'));
  await assert.rejects(controller.getInfo('a b'), code('control-bad-argument'));
  await assert.rejects(controller.getConf(['a=b']), code('control-bad-argument'));
  await controller.signal('DUMP');
  assert.deepEqual(peer.received, ['SIGNAL DUMP']);
  await controller.close();
});

test('a peer that hangs up fails everything that waits, and says where it was', async () => {
  const { controller, peer } = await openScripted(ok);
  const events = controller.events('BW');
  await events.ready;
  const first = controller.getInfo('a');
  const second = controller.getInfo('b');
  await peer.receivedLines(3);
  peer.send('650 BW 1 2', '250-a=1');
  peer.hangUp();
  await assert.rejects(
    first,
    (error) =>
      code('control-closed', 'unreachable')(error) && /in the middle of the reply to GETINFO a/.test(String(error)),
  );
  await assert.rejects(second, code('control-closed', 'unreachable'));
  assert.equal((await events.next()).value?.type, 'BW');
  await assert.rejects(events.next(), code('control-closed', 'unreachable'));
  assert.equal((await controller.closed)?.code, 'control-closed');
  await assert.rejects(controller.getInfo('c'), code('control-closed'));
  await assert.rejects(controller.events('BW').next(), code('control-closed'));
});

test('an error of the stream is the cause of what fails', async () => {
  const { controller, peer } = await openScripted();
  const reply = controller.getInfo('a');
  peer.stream.destroy(new Error('ECONNRESET'));
  await assert.rejects(
    reply,
    (error) => code('control-closed', 'unreachable')(error) && /ECONNRESET/.test(String((error as TorError).cause)),
  );
});

test('closing here ends event streams and fails commands as interrupted', async () => {
  const { controller, peer } = await openScripted(ok);
  const events = controller.events('BW');
  await events.ready;
  const reply = controller.getInfo('a');
  const rejected = assert.rejects(reply, code('control-closed', 'interrupted'));
  await controller.close();
  await rejected;
  assert.deepEqual(await events.next(), { done: true, value: undefined });
  assert.equal(await controller.closed, undefined);
  assert.equal(peer.stream.destroyed, true);
  await assert.rejects(controller.getInfo('b'), code('control-closed', 'interrupted'));
});

test('a connection on which messages cannot be told apart any more is ended', async () => {
  for (const [wire, expected] of [
    ['HTTP/1.0 400 Bad Request', 'control-bad-line'],
    ['250 nobody asked', 'control-unexpected-reply'],
    ['250-x\r\n650 BW 1 2', 'control-mixed-message'],
    [`250-${'x'.repeat(2000)}`, 'control-line-too-long'],
  ] as const) {
    const { controller, peer } = await openScripted(undefined, { limits: { maxLineBytes: 1000 } });
    peer.send(wire);
    assert.equal((await controller.closed)?.code, expected);
    assert.equal((await controller.closed)?.kind, 'protocol');
    assert.equal(peer.stream.destroyed, true);
  }
});

test('malformed and unknown events go aside and disturb nothing', async () => {
  const reported: MalformedEvent[] = [];
  const { controller, peer } = await openScripted(ok, { onMalformed: (event) => reported.push(event) });
  const malformed = controller.malformed();
  const bw = controller.events('BW');
  const asked = controller.events('NEW_KIND');
  await asked.ready;
  peer.send('650 BW x y', '650 OTHER_KIND 1', '650 BW 1 2', '650 NEW_KIND A=1', '650 ?!');
  const event = (await bw.next()).value;
  assert.equal(event?.readBytes, 1);
  const other = (await asked.next()).value;
  assert.equal(other?.keywords.get('A'), '1');
  const first = (await malformed.next()).value;
  assert.equal(first?.problem, 'malformed');
  assert.equal(first?.error?.code, 'control-bad-event');
  assert.equal(first?.message.lines[0].text, 'BW x y');
  const reply = controller.getInfo('version');
  await peer.receivedLines(3);
  peer.send('250-version=1', '250 OK');
  assert.equal(await reply, '1');
  assert.deepEqual(
    reported.map(({ problem, name }) => `${problem} ${name}`),
    ['malformed BW', 'unknown OTHER_KIND', 'malformed ?!'],
  );
  await controller.close();
  const rest: string[] = [];
  for await (const { name } of malformed) rest.push(name);
  assert.deepEqual(rest, ['OTHER_KIND', '?!']);
});

test('tor that hangs up on a deadly signal has done what it was asked', async () => {
  for (const name of ['HALT', 'TERM', 'SHUTDOWN', 'INT'] as const) {
    const { controller, peer } = await openScripted();
    const done = controller.signal(name);
    await peer.receivedLines(1);
    peer.hangUp();
    await done;
  }
  const { controller, peer } = await openScripted();
  const reload = controller.signal('RELOAD');
  await peer.receivedLines(1);
  peer.hangUp();
  await assert.rejects(reload, code('control-closed'));
});

test('quit waits for the goodbye and ends the connection', async () => {
  const { controller, peer } = await openScripted((command) =>
    command === 'QUIT' ? '250 closing connection' : undefined,
  );
  await controller.quit();
  assert.deepEqual(peer.received, ['QUIT']);
  assert.equal(await controller.closed, undefined);
});

test('mapAddress tells what was mapped and what was not, and throws when nothing was', async () => {
  const { controller } = await openScripted((command) =>
    command.includes('=@@@ ') ? "512-syntax error: invalid address '@@@'\n250 127.1.2.3=a.example" : '512 syntax error',
  );
  const { mapped, refused } = await controller.mapAddress({ xxx: '@@@', '0.0.0.0': 'a.example' });
  assert.equal(mapped.get('127.1.2.3'), 'a.example');
  assert.equal(refused.length, 1);
  await assert.rejects(controller.mapAddress({ xxx: '@@@' }), code('control-syntax-error', 'refused'));
  await controller.close();
});

test('every convenience sends the command it stands for', async () => {
  const { controller, peer } = await openScripted((command) => {
    if (command.startsWith('GETINFO')) return '250-process/pid=42\n250 OK';
    if (command.startsWith('ADD_ONION')) return `250-ServiceID=${'a'.repeat(56)}\n250 OK`;
    if (command.startsWith('EXTENDCIRCUIT')) return '250 EXTENDED 9';
    if (/^[^+.]/.test(command) && !command.startsWith('Nick') && !command.startsWith('hs-')) return '250 OK';
    return command === '.' ? '250 OK' : undefined;
  });
  assert.equal(await controller.info('process/pid'), 42);
  await controller.setConf({ Nickname: 'a' });
  await controller.resetConf(['Nickname', 'ORPort']);
  await controller.resetConf({ Nickname: 'b' });
  await controller.saveConf();
  await controller.saveConf({ force: true });
  await controller.loadConf('Nickname a\n');
  await controller.signal('NEWNYM');
  await controller.takeOwnership();
  await controller.dropOwnership();
  assert.equal(await controller.extendCircuit({ path: ['a', 'b'], purpose: 'controller' }), '9');
  await controller.setCircuitPurpose('9', 'general');
  await controller.attachStream('3', '9', { hop: 2 });
  await controller.attachStream('3', '0');
  await controller.closeStream('3', 'TIMEOUT');
  await controller.closeCircuit('9');
  await controller.closeCircuit('9', { ifUnused: true });
  await controller.addOnion({ ports: ['80'] });
  await controller.delOnion('abc');
  await controller.hsFetch('abc', { servers: ['AB'] });
  await controller.hsPost('hs-descriptor 3\n', { address: 'abc' });
  await controller.setEvents(['BW']);
  assert.deepEqual(peer.received, [
    'GETINFO process/pid',
    'SETCONF Nickname="a"',
    'RESETCONF Nickname ORPort',
    'RESETCONF Nickname="b"',
    'SAVECONF',
    'SAVECONF FORCE',
    '+LOADCONF',
    'Nickname a',
    '.',
    'SIGNAL NEWNYM',
    'TAKEOWNERSHIP',
    'DROPOWNERSHIP',
    'EXTENDCIRCUIT 0 a,b purpose=controller',
    'SETCIRCUITPURPOSE 9 purpose=general',
    'ATTACHSTREAM 3 9 HOP=2',
    'ATTACHSTREAM 3 0',
    'CLOSESTREAM 3 7',
    'CLOSECIRCUIT 9',
    'CLOSECIRCUIT 9 IfUnused',
    'ADD_ONION NEW:ED25519-V3 Port=80',
    'DEL_ONION abc',
    'HSFETCH abc SERVER=AB',
    '+HSPOST HSADDRESS=abc',
    'hs-descriptor 3',
    '.',
    'SETEVENTS BW',
  ]);
  await controller.close();
});

test('opening fails when the stream is gone, breaks, or stays silent, and destroys it', async () => {
  const gone = new PassThrough();
  gone.destroy();
  await assert.rejects(Controller.open(gone), code('control-closed', 'unreachable'));

  const broken = new PassThrough({ read() {}, write() {} });
  setImmediate(() => broken.destroy(new Error('ECONNREFUSED')));
  await assert.rejects(Controller.open(broken), code('control-closed', 'unreachable'));

  const silent = new ScriptedPeer();
  await assert.rejects(Controller.open(silent.stream, { timeoutMs: 1 }), code('control-timeout', 'timeout'));
  assert.equal(silent.stream.destroyed, true);

  const aborted = new ScriptedPeer();
  const abort = new AbortController();
  const opening = Controller.open(aborted.stream, { signal: abort.signal });
  await aborted.receivedLines(1);
  abort.abort();
  await assert.rejects(opening, code('control-aborted', 'interrupted'));
  assert.equal(aborted.stream.destroyed, true);
});

test('a controller leaves scope closed', async () => {
  const { controller, peer } = await openScripted();
  {
    await using scoped = controller;
    assert.equal(scoped.torVersion, '0.4.9.11');
    assert.equal(scoped.authMethod, 'NULL');
  }
  assert.equal(peer.stream.destroyed, true);
});
