// The control port of a real tor: every way in, commands, events, and how connections end.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Duplex, duplexPair, Transform } from 'node:stream';
import { after, before, describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { Controller } from './controller.ts';
import type { EventName } from './event/event.ts';
import { type InfoKey, infoParsers } from './reply/info.ts';
import type { AuthMethod } from './reply/protocolinfo.ts';
import { hashControlPassword, skipWithoutTor, TorProcess } from './testing/tor-process.ts';

const password = 'hunter2 "ü\\';
const readCookie = (path: string) => readFile(path);

const code = (expected: string, kind?: string) => (error: unknown) => {
  assert.ok(error instanceof TorError, String(error));
  assert.equal(error.code, expected);
  if (kind !== undefined) assert.equal(error.kind, kind);
  return true;
};

/** Puts a changed stream between us and tor. */
function between(far: Duplex, change: (line: string) => string, sent: string[]): Duplex {
  const [near, inner] = duplexPair();
  inner.on('data', (chunk: Buffer) => {
    sent.push(chunk.toString());
    far.write(chunk);
  });
  far.pipe(new Transform({ transform: (chunk, _, done) => done(null, change(String(chunk))) })).pipe(inner);
  inner.on('close', () => far.destroy());
  return near;
}

describe('the control port of a real tor', { skip: skipWithoutTor }, () => {
  let tor: TorProcess;
  before(async () => {
    tor = await TorProcess.start([
      'CookieAuthentication 1',
      `HashedControlPassword ${hashControlPassword(password)}`,
      'HashedControlPassword 16:660537E3E1CD49996044A3BF558097A981F539FEA2F9DA662B4626C1C2',
    ]);
  });
  after(() => tor?.stop());

  const open = async (t: TestContext): Promise<Controller> => {
    const controller = await Controller.open(tor.connect(), { auth: { readCookie } });
    t.after(() => controller.close());
    return controller;
  };

  test('opens by SAFECOOKIE and tells the version of tor', async (t) => {
    const controller = await open(t);
    assert.equal(controller.authMethod, 'SAFECOOKIE');
    const version = /Tor version (\S+?)\.?\s/.exec(spawnSync('tor', ['--version'], { encoding: 'utf8' }).stdout)?.[1];
    assert.equal(controller.torVersion, version);
    assert.equal(await controller.info('version'), version);
    assert.equal(await controller.info('process/pid'), tor.process.pid);
  });

  test('opens by password and by plain cookie, when that is what there is', async () => {
    for (const [auth, method] of [
      [{ password }, 'HASHEDPASSWORD'],
      [{ password: 'foo' }, 'HASHEDPASSWORD'],
      [{ readCookie, methods: ['COOKIE'] as AuthMethod[] }, 'COOKIE'],
    ] as const) {
      const controller = await Controller.open(tor.connect(), { auth });
      assert.equal(controller.authMethod, method);
      assert.equal(await controller.info('process/pid'), tor.process.pid);
      await controller.close();
    }
  });

  test('a wrong password and a wrong plain cookie are denied by tor', async () => {
    const wrongCookie = { readCookie: () => new Uint8Array(32), methods: ['COOKIE'] as AuthMethod[] };
    for (const auth of [{ password: 'hunter3' }, { password: '' }, wrongCookie]) {
      await assert.rejects(
        Controller.open(tor.connect(), { auth }),
        (error) => code('control-bad-authentication', 'denied')(error) && !/hunter3|[0-9a-f]{16}/i.test(String(error)),
      );
    }
  });

  test('a wrong cookie is noticed before anything of it is sent', async () => {
    const auth = { readCookie: () => new Uint8Array(32) };
    await assert.rejects(Controller.open(tor.connect(), { auth }), code('control-server-hash', 'denied'));
  });

  test('someone in between who changes the server hash gets nothing', async () => {
    const sent: string[] = [];
    const change = (line: string) =>
      line.replace(/SERVERHASH=(.)/, (_, digit) => `SERVERHASH=${digit === '0' ? '1' : '0'}`);
    const stream = between(tor.connect(), change, sent);
    await assert.rejects(Controller.open(stream, { auth: { readCookie } }), code('control-server-hash', 'denied'));
    assert.deepEqual(
      sent.map((line) => line.split(' ')[0]),
      ['PROTOCOLINFO', 'AUTHCHALLENGE'],
    );
  });

  test('someone in between who only looks on changes nothing', async () => {
    const sent: string[] = [];
    const controller = await Controller.open(
      between(tor.connect(), (line) => line, sent),
      { auth: { readCookie } },
    );
    assert.equal(await controller.info('process/pid'), tor.process.pid);
    await controller.close();
    assert.ok(
      !sent.join('').toLowerCase().includes(readFileSync(tor.cookieFile, 'hex')),
      'the cookie went over the wire',
    );
  });

  test('without credentials it says what tor wants', async () => {
    await assert.rejects(
      Controller.open(tor.connect()),
      (error) =>
        code('control-auth-unavailable', 'denied')(error) &&
        /SAFECOOKIE, HASHEDPASSWORD|HASHEDPASSWORD.*SAFECOOKIE/.test(String(error)),
    );
  });

  test('every value that has a type here is read, or tor has none', async (t) => {
    const controller = await open(t);
    let read = 0;
    for (const key of Object.keys(infoParsers) as InfoKey[]) {
      try {
        await controller.info(key);
        read++;
      } catch (error) {
        assert.ok(error instanceof TorError && error.place === 'tor' && error.kind !== 'protocol', `${key}: ${error}`);
      }
    }
    assert.ok(read > 25, `only ${read} values`);
  });

  test('values of several lines and several keys at once', async (t) => {
    const controller = await open(t);
    const values = await controller.getInfo(['version', 'info/names', 'config-text', 'circuit-status']);
    assert.match(values['info/names'], /^uptime -- /m);
    assert.match(values['config-text'], /^DisableNetwork 1$/m);
    assert.equal(values['circuit-status'], '');
    assert.deepEqual(await controller.info('circuit-status'), []);
    assert.deepEqual(await controller.info('net/listeners/control'), [`unix:${tor.directory}/control`]);
    assert.equal(Buffer.from(await controller.getInfoBytes('info/names')).toString(), values['info/names']);
  });

  test('what tor refuses is an error with its words, and the connection goes on', async (t) => {
    const controller = await open(t);
    await assert.rejects(
      controller.getInfo(['version', 'nonsense']),
      (error) =>
        code('control-unrecognized-entity', 'refused')(error) && /Unrecognized key "nonsense"/.test(String(error)),
    );
    await assert.rejects(controller.setConf({ NoSuchOption: '1' }), code('control-unrecognized-entity', 'refused'));
    await assert.rejects(
      controller.setConf({ MaxCircuitDirtiness: 'soon' }),
      code('control-unrecognized-argument', 'refused'),
    );
    await assert.rejects(
      controller.command({ keyword: 'NOSUCH', args: [] }),
      code('control-unrecognized-command', 'refused'),
    );
    await assert.rejects(controller.closeCircuit('99999'), code('control-unrecognized-entity', 'refused'));
    await assert.rejects(controller.loadConf('NoSuchOption 1\n'), code('control-unrecognized-entity', 'refused'));
    await assert.rejects(controller.getInfo('fingerprint'), code('control-internal-error', 'failed'));
    assert.equal(await controller.info('process/pid'), tor.process.pid);
  });

  test('any value that is set is got back', async (t) => {
    const controller = await open(t);
    const value = fc
      .string({
        unit: fc.constantFrom('a', ' ', '"', '\\', '#', 'n', '0', '=', ';', '\t', 'ü', '😀', "'", '.'),
        minLength: 1,
        maxLength: 12,
      })
      .filter((text) => text.trim() !== '');
    await fc.assert(
      fc.asyncProperty(value, async (text) => {
        await controller.setConf({ ContactInfo: text });
        assert.deepEqual(await controller.getConf('contactinfo'), [text]);
      }),
      { seed: 9, numRuns: 100, examples: [['"'], ['"quoted"'], ['\\n'], ['a"b\\"c'], [' leading'], ['trailing\\']] },
    );
    await controller.resetConf(['ContactInfo']);
    assert.deepEqual(await controller.getConf('ContactInfo'), []);
  });

  test('options that take several values keep them in order', async (t) => {
    const controller = await open(t);
    const exits = ['reject *:25', 'accept *:80', 'reject *:*'];
    await controller.setConf({ ExitPolicy: exits, MaxCircuitDirtiness: 700 });
    assert.deepEqual(
      { ...(await controller.getConf(['ExitPolicy', 'MaxCircuitDirtiness'])) },
      {
        ExitPolicy: exits,
        MaxCircuitDirtiness: ['700'],
      },
    );
    await controller.resetConf(['ExitPolicy', 'MaxCircuitDirtiness']);
    assert.deepEqual(await controller.getConf('MaxCircuitDirtiness'), ['600']);
  });

  test('tor knows all events that have a type here', async (t) => {
    const controller = await open(t);
    const names: Record<EventName, true> = {
      ADDRMAP: true,
      BUILDTIMEOUT_SET: true,
      BW: true,
      CIRC: true,
      CIRC_BW: true,
      CIRC_MINOR: true,
      CONF_CHANGED: true,
      CONN_BW: true,
      DEBUG: true,
      DESCCHANGED: true,
      ERR: true,
      GUARD: true,
      HS_DESC: true,
      HS_DESC_CONTENT: true,
      INFO: true,
      NETWORK_LIVENESS: true,
      NEWCONSENSUS: true,
      NEWDESC: true,
      NOTICE: true,
      NS: true,
      ORCONN: true,
      SIGNAL: true,
      STATUS_CLIENT: true,
      STATUS_GENERAL: true,
      STATUS_SERVER: true,
      STREAM: true,
      STREAM_BW: true,
      WARN: true,
    };
    await controller.events(...(Object.keys(names) as EventName[])).ready;
    await assert.rejects(controller.events('NO_SUCH_EVENT').ready, code('control-unrecognized-entity', 'refused'));
  });

  test('events come to those who asked: log lines, signals, changed options', async (t) => {
    const controller = await open(t);
    const changes = controller.events('CONF_CHANGED');
    const signal = controller.waitFor('SIGNAL', (event) => event.signal === 'RELOAD');
    const notice = controller.waitFor('NOTICE', (event) => event.text.includes('Read configuration file'));
    await controller.setConf({ ContactInfo: 'someone "quoted"' });
    assert.deepEqual((await changes.next()).value?.changes, [{ key: 'ContactInfo', value: 'someone "quoted"' }]);
    await controller.signal('RELOAD');
    await Promise.all([signal, notice]);
    assert.deepEqual((await changes.next()).value?.changes, [{ key: 'ContactInfo', value: undefined }]);
    const mapped = controller.waitFor('ADDRMAP');
    await controller.mapAddress({ '192.0.2.7': 'a.example' });
    assert.deepEqual([(await mapped).from, (await mapped).to], ['192.0.2.7', 'a.example']);
    assert.deepEqual(await controller.info('address-mappings/control'), [
      { from: '192.0.2.7', to: 'a.example', expires: undefined },
    ]);
  });

  test('many commands at once between many events stay matched', async (t) => {
    const malformed: unknown[] = [];
    const controller = await Controller.open(tor.connect(), {
      auth: { readCookie },
      onMalformed: (event) => malformed.push(event),
    });
    t.after(() => controller.close());
    const debug = controller.events('DEBUG', 'INFO', 'CONF_CHANGED');
    await debug.ready;
    const replies = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        if (i % 10 === 0) return controller.setConf({ MaxCircuitDirtiness: 600 + i }).then(() => `set ${i}`);
        if (i % 7 === 0)
          return controller
            .getInfo(`nonsense-${i}`)
            .catch((error: TorError) => /nonsense-\d+/.exec(error.message)?.[0]);
        return (await controller.getConf('MaxCircuitDirtiness'))[0];
      }),
    );
    const expected = Array.from({ length: 300 }, (_, i) =>
      i % 10 === 0 ? `set ${i}` : i % 7 === 0 ? `nonsense-${i}` : String(600 + i - (i % 10)),
    );
    assert.deepEqual(replies, expected);
    await controller.close();
    let events = 0;
    for await (const _ of debug) events++;
    assert.ok(events >= 29, `${events} events`);
    assert.deepEqual(malformed, []);
  });

  test('onion services of this connection are made and removed', async (t) => {
    const controller = await open(t);
    const added = await controller.addOnion({ ports: ['80,127.0.0.1:8080'] });
    assert.match(added.serviceId, /^[a-z2-7]{56}$/);
    assert.match(added.privateKey?.reveal() ?? '', /^ED25519-V3:/);
    assert.deepEqual(await controller.info('onions/current'), [added.serviceId]);
    await controller.delOnion(added.serviceId);
    assert.deepEqual(await controller.info('onions/current'), []);
    const key = added.privateKey;
    const again = await controller.addOnion({ key, ports: ['80'], flags: ['DiscardPK'] });
    assert.equal(again.serviceId, added.serviceId);
    assert.equal(again.privateKey, undefined);
    const badKey = controller.addOnion({ key: 'ED25519-V3:c2VjcmV0', ports: ['80'] });
    await assert.rejects(badKey, (error) => code('control-syntax-error')(error) && !/c2VjcmV0/.test(String(error)));
  });

  test('a tor that stands still makes a command time out, and the next one is matched after that', async (t) => {
    const controller = await open(t);
    tor.process.kill('SIGSTOP');
    t.after(() => tor.process.kill('SIGCONT'));
    await assert.rejects(controller.getInfo('version', { timeoutMs: 20 }), code('control-timeout', 'timeout'));
    const abort = new AbortController();
    const aborted = controller.getInfo('config-file', { signal: abort.signal });
    abort.abort();
    await assert.rejects(aborted, code('control-aborted', 'interrupted'));
    const next = controller.info('process/pid');
    tor.process.kill('SIGCONT');
    assert.equal(await next, tor.process.pid);
  });

  test('quit ends this connection and leaves tor running', async (t) => {
    const first = await open(t);
    await first.quit();
    assert.equal(await (await open(t)).info('process/pid'), tor.process.pid);
  });
});

describe('a real tor that ends', { skip: skipWithoutTor }, () => {
  const start = async (t: TestContext) => {
    const tor = await TorProcess.start([]);
    t.after(() => tor.stop());
    // No authentication is configured, so none is needed.
    const controller = await Controller.open(tor.connect());
    assert.equal(controller.authMethod, 'NULL');
    return { tor, controller };
  };

  test('an owned tor exits with the connection', async (t) => {
    const { tor, controller } = await start(t);
    await controller.takeOwnership();
    await controller.close();
    await tor.exited;
    assert.equal(tor.process.exitCode, 0);
  });

  test('a tor that is no longer owned stays', async (t) => {
    const { tor, controller } = await start(t);
    await controller.takeOwnership();
    await controller.dropOwnership();
    await controller.close();
    const second = await Controller.open(tor.connect());
    assert.equal(await second.info('process/pid'), tor.process.pid);
    await second.close();
  });

  for (const name of ['SHUTDOWN', 'HALT'] as const) {
    test(`SIGNAL ${name} ends it, and the connection with it`, async (t) => {
      const { tor, controller } = await start(t);
      await controller.signal(name);
      await tor.exited;
      assert.equal((await controller.closed)?.kind, 'unreachable');
    });
  }

  test('a tor that is killed fails what waits', async (t) => {
    const { tor, controller } = await start(t);
    const events = controller.events('BW');
    await events.ready;
    tor.process.kill('SIGSTOP');
    const reply = assert.rejects(controller.getInfo('version'), code('control-closed', 'unreachable'));
    tor.process.kill('SIGKILL');
    await reply;
    await assert.rejects(
      async () => {
        for await (const _ of events);
      },
      code('control-closed', 'unreachable'),
    );
  });

  test('what is saved is in the torrc, what is loaded is in force', async (t) => {
    const { tor, controller } = await start(t);
    await controller.setConf({ ContactInfo: 'a "b" # \\ ü' });
    await controller.saveConf();
    assert.match(readFileSync(tor.torrc, 'utf8'), /^ContactInfo "a \\"b\\" # \\\\ \\303\\274"$/m);
    await controller.loadConf(`${readFileSync(tor.torrc, 'utf8')}MaxCircuitDirtiness 900\n`);
    assert.deepEqual(
      { ...(await controller.getConf(['ContactInfo', 'MaxCircuitDirtiness'])) },
      {
        ContactInfo: ['a "b" # \\ ü'],
        MaxCircuitDirtiness: ['900'],
      },
    );
    await controller.close();
  });

  test('a socket that nobody listens on is unreachable', async (t) => {
    const { tor, controller } = await start(t);
    await controller.signal('HALT');
    await tor.exited;
    await assert.rejects(
      Controller.open(tor.connect()),
      (error) =>
        code('control-closed', 'unreachable')(error) && /ENOENT|ECONNREFUSED/.test(String((error as TorError).cause)),
    );
  });
});
