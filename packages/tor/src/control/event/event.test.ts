import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TorError } from '../../error.ts';
import { assertGolden, decodeMessages, readTestdata } from '../testing/golden.ts';
import { type EventTypes, eventNameOf, isEventName, parseEvent } from './event.ts';

const parse = (wire: string) => {
  const [message] = decodeMessages(Buffer.from(wire));
  assert.ok(message);
  return parseEvent(message);
};

function parseAs<K extends keyof EventTypes>(type: K, wire: string): EventTypes[K] {
  const event = parse(wire);
  assert.equal(event.type, type);
  return event as EventTypes[K];
}

for (const name of ['recorded/events', 'specification/events']) {
  test(`events of ${name} are read as their golden file has it`, () => {
    assertGolden(name, decodeMessages(readTestdata(`${name}.txt`)).map(parseEvent));
  });
}

test('the test data has every event this library has a type for', () => {
  const names = ['recorded/events', 'specification/events'].flatMap((name) =>
    decodeMessages(readTestdata(`${name}.txt`)).map(eventNameOf),
  );
  const typed = ['ADDRMAP', 'BUILDTIMEOUT_SET', 'BW', 'CIRC', 'CIRC_BW', 'CIRC_MINOR', 'CONF_CHANGED', 'CONN_BW']
    .concat(['DESCCHANGED', 'ERR', 'GUARD', 'HS_DESC', 'HS_DESC_CONTENT', 'NETWORK_LIVENESS', 'NEWCONSENSUS'])
    .concat(['NEWDESC', 'NOTICE', 'NS', 'ORCONN', 'SIGNAL', 'STATUS_CLIENT', 'STATUS_GENERAL', 'STATUS_SERVER'])
    .concat(['STREAM', 'STREAM_BW', 'WARN']);
  for (const name of typed) {
    assert.ok(isEventName(name), name);
    assert.ok(names.includes(name), `no ${name} event in the test data`);
  }
});

for (const message of decodeMessages(readTestdata('unparseable/events.txt'))) {
  test(`a malformed event is refused: ${JSON.stringify(message.lines[0].text)}`, () => {
    assert.throws(
      () => parseEvent(message),
      (error) => {
        assert.ok(error instanceof TorError);
        assert.equal(error.code, 'control-bad-event');
        assert.equal(error.kind, 'protocol');
        assert.ok(error.cause instanceof TorError);
        assert.doesNotMatch(error.message, /hunter2/, 'a password in an error text');
        return true;
      },
    );
  });
}

test('a circuit has its path, its times and why it closed', () => {
  const fp = 'BB8371B86EC5EDF248261EAD8A0AE67674375D29';
  const event = parseAs(
    'CIRC',
    `650 CIRC 3 CLOSED $${fp}~relay1,relay3 BUILD_FLAGS=NEED_CAPACITY,NEED_UPTIME PURPOSE=GENERAL TIME_CREATED=2026-11-20T23:12:56.377846 REASON=DESTROYED REMOTE_REASON=CHANNEL_CLOSED\r\n`,
  );
  assert.equal(event.id, '3');
  assert.equal(event.status, 'CLOSED');
  assert.deepEqual(event.path, [
    { fingerprint: fp, nickname: 'relay1' },
    { fingerprint: undefined, nickname: 'relay3' },
  ]);
  assert.deepEqual(event.buildFlags, ['NEED_CAPACITY', 'NEED_UPTIME']);
  assert.equal(event.timeCreated?.toISOString(), '2026-11-20T23:12:56.377Z');
  assert.equal(event.reason, 'DESTROYED');
  assert.equal(event.remoteReason, 'CHANNEL_CLOSED');
});

test('SOCKS credentials are unescaped, and the password shows itself nowhere', () => {
  const event = parseAs(
    'STREAM',
    '650 STREAM 20 NEW 0 a.example:80 SOURCE_ADDR=127.0.0.1:52928 SOCKS_USERNAME="us er\\303\\274" SOCKS_PASSWORD="pa\\"s\\\\s"\r\n',
  );
  assert.equal(event.socksUsername, 'us erü');
  assert.equal(event.socksPassword?.reveal(), 'pa"s\\s');
  assert.doesNotMatch(JSON.stringify([event, ...event.keywords]), /pa\\*"s/);
  assert.equal(event.circuitId, undefined);
  assert.deepEqual(event.sourceAddr, { host: '127.0.0.1', port: 52928 });
});

test('arguments and lines that an event did not have before are tolerated', () => {
  const event = parseAs(
    'CIRC',
    '650-CIRC 1000 EXTENDED moria1,moria2 0xBEEF NEW=1\r\n650-EXTRAMAGIC=99\r\n650 ANONYMITY=high\r\n',
  );
  assert.equal(event.path.length, 2);
  assert.equal(event.keywords.get('NEW'), '1');
});

test('an event of a name unknown here is still taken apart', () => {
  const event = parse('650 SOMETHING_NEW here KEY="a b"\r\n');
  assert.equal(event.type, 'OTHER');
  assert.ok(event.type === 'OTHER');
  assert.equal(event.name, 'SOMETHING_NEW');
  assert.deepEqual(event.positional, ['here']);
  assert.deepEqual([...event.keywords], [['KEY', 'a b']]);
});

test('names that objects inherit are not taken for events', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(isEventName(name), false);
});

test('a log message of several lines keeps them', () => {
  assert.equal(parseAs('WARN', '650+WARN\r\nfirst\r\n..second\r\n.\r\n650 OK\r\n').text, 'first\n.second');
});

test('a changed option has its value unquoted, one at its default has none', () => {
  const { changes } = parseAs(
    'CONF_CHANGED',
    '650-CONF_CHANGED\r\n650-ContactInfo="a \\"b\\" \\303\\274"\r\n650-Nickname\r\n650-Log=notice file /x\r\n650 OK\r\n',
  );
  assert.deepEqual(changes, [
    { key: 'ContactInfo', value: 'a "b" ü' },
    { key: 'Nickname', value: undefined },
    { key: 'Log', value: 'notice file /x' },
  ]);
});
