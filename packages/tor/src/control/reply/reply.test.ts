import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TorError } from '../../error.ts';
import type { Message } from '../message.ts';
import { assertGolden, decodeMessages, readTestdata } from '../testing/golden.ts';
import { parseAddOnion } from './add-onion.ts';
import { parseAuthChallenge } from './authchallenge.ts';
import { parseExtendCircuit } from './extendcircuit.ts';
import { parseGetConf } from './getconf.ts';
import { parseGetInfo, parseGetInfoBytes } from './getinfo.ts';
import { infoParsers, parseInfo } from './info.ts';
import { parseMapAddress } from './mapaddress.ts';
import { parseProtocolInfo } from './protocolinfo.ts';
import { requireOk } from './status.ts';

const message = (wire: string): Message => {
  const [first] = decodeMessages(Buffer.from(wire));
  assert.ok(first);
  return first;
};

const refuses = (code: string) => (error: unknown) => error instanceof TorError && error.code === code;

for (const name of ['recorded/replies', 'specification/replies']) {
  test(`replies of ${name} are put together as their golden file has it`, () => {
    assertGolden(name, decodeMessages(readTestdata(`${name}.txt`)));
  });

  test(`GETINFO values of ${name} are read as their golden file has it`, () => {
    const values = decodeMessages(readTestdata(`${name}.txt`)).flatMap((reply) =>
      reply.lines.flatMap(({ text }) => {
        const key = text.split('=')[0] ?? '';
        if (!Object.hasOwn(infoParsers, key)) return [];
        const known = key as keyof typeof infoParsers;
        return [{ [key]: parseInfo(known, parseGetInfo(reply, [key])[key] ?? '') }];
      }),
    );
    assert.ok(values.length > 2);
    assertGolden(`${name}-info`, values);
  });
}

test('PROTOCOLINFO: lines come in any order, unknown ones are skipped, several cookie files are found', () => {
  const info = parseProtocolInfo(
    message(
      '250-PROTOCOLINFO 1\r\n250-VERSION Tor="0.4.8.9" X=1\r\n250-NEW Y\r\n250-AUTH METHODS=COOKIE,SAFECOOKIE,NEWMETHOD COOKIEFILE="/tmp/a \\"b\\" \\303\\274" COOKIEFILE="/other"\r\n250 OK\r\n',
    ),
  );
  assert.deepEqual(info, {
    version: '1',
    authMethods: ['COOKIE', 'SAFECOOKIE', 'NEWMETHOD'],
    cookieFiles: ['/tmp/a "b" ü', '/other'],
    torVersion: '0.4.8.9',
  });
});

test('PROTOCOLINFO: another answer is refused', () => {
  assert.throws(() => parseProtocolInfo(message('250 OK\r\n')), refuses('control-bad-reply'));
});

test('AUTHCHALLENGE: hash and nonce must be 32 bytes each', () => {
  const hash = 'ab'.repeat(32);
  const challenge = parseAuthChallenge(
    message(`250 AUTHCHALLENGE SERVERHASH=${hash} SERVERNONCE=${hash.toUpperCase()}\r\n`),
  );
  assert.equal(Buffer.from(challenge.serverHash).toString('hex'), hash);
  assert.equal(challenge.serverNonce.length, 32);
  for (const bad of [
    '',
    ' SERVERHASH=ab SERVERNONCE=cd',
    ` SERVERHASH=${hash}`,
    ` SERVERHASH=${hash} SERVERNONCE=${hash}00`,
  ]) {
    assert.throws(() => parseAuthChallenge(message(`250 AUTHCHALLENGE${bad}\r\n`)), refuses('control-bad-reply'), bad);
  }
});

test('GETINFO: single and multi-line values, in any order, also of keys with "="', () => {
  const reply = message('250+a=b=\r\nline 1\r\n..\r\n.\r\n250-version=0.4.9.11\r\n250-empty=\r\n250 OK\r\n');
  assert.deepEqual(
    { ...parseGetInfo(reply, ['version', 'a=b', 'empty']) },
    {
      version: '0.4.9.11',
      'a=b': 'line 1\n.\n',
      empty: '',
    },
  );
  assert.deepEqual(parseGetInfoBytes(reply, 'a=b'), new Uint8Array(Buffer.from('line 1\n.\n')));
});

test('GETINFO: a key that was not answered is an error, not undefined', () => {
  assert.throws(() => parseGetInfo(message('250-version=1\r\n250 OK\r\n'), ['versio']), refuses('control-bad-reply'));
});

test('GETINFO: __proto__ is a key like any other', () => {
  const values = parseGetInfo(message('250-__proto__=x\r\n250 OK\r\n'), ['__proto__']);
  assert.equal(Object.getOwnPropertyDescriptor(values, '__proto__')?.value, 'x');
});

test('GETCONF: repeated options keep their order, defaults have no value, quoted values are unquoted', () => {
  assert.deepEqual(
    parseGetConf(message('250-Log=a\r\n250-Log=b=c\r\n250-ContactInfo="x \\"y\\""\r\n250 Nickname\r\n')),
    [
      { key: 'Log', value: 'a' },
      { key: 'Log', value: 'b=c' },
      { key: 'ContactInfo', value: 'x "y"' },
      { key: 'Nickname', value: undefined },
    ],
  );
  assert.deepEqual(parseGetConf(message('250 OK\r\n')), []);
});

test('ADD_ONION: the private key is kept and not shown', () => {
  const id = 'a'.repeat(56);
  const added = parseAddOnion(message(`250-ServiceID=${id}\r\n250-PrivateKey=ED25519-V3:c2VjcmV0\r\n250 OK\r\n`));
  assert.equal(added.serviceId, id);
  assert.equal(added.privateKey?.reveal(), 'ED25519-V3:c2VjcmV0');
  assert.doesNotMatch(JSON.stringify(added), /c2VjcmV0/);
  assert.throws(() => parseAddOnion(message('250 OK\r\n')), refuses('control-bad-reply'));
});

test('MAPADDRESS: what was mapped and what was refused stand apart', () => {
  const { mapped, refused } = parseMapAddress(
    message("512-syntax error: invalid address '@@@'\r\n250 127.199.80.246=a.example\r\n"),
  );
  assert.deepEqual([...mapped], [['127.199.80.246', 'a.example']]);
  assert.deepEqual(refused, [{ status: 512, text: "syntax error: invalid address '@@@'" }]);
});

test('EXTENDCIRCUIT: the id of the circuit', () => {
  assert.equal(parseExtendCircuit(message('250 EXTENDED 27\r\n')), '27');
  assert.throws(() => parseExtendCircuit(message('250 OK\r\n')), refuses('control-bad-reply'));
});

test('a status other than 2yz is an error of the right kind, with the words of tor', () => {
  const command = { keyword: 'GETINFO', args: ['nonsense'] };
  const cases = [
    ['451 Resource exhausted', 'failed', 'control-resource-exhausted', true],
    ['510 Unrecognized command', 'refused', 'control-unrecognized-command', false],
    ['514 Authentication required.', 'denied', 'control-authentication-required', false],
    ['515 Bad', 'denied', 'control-bad-authentication', false],
    ['551 Internal error', 'failed', 'control-internal-error', false],
    ['552 Unrecognized key "nonsense"', 'refused', 'control-unrecognized-entity', false],
    ['599 What', 'refused', 'control-status-599', false],
  ] as const;
  for (const [wire, kind, code, retryable] of cases) {
    assert.throws(
      () => requireOk(message(`${wire}\r\n`), command),
      (error) => {
        assert.ok(error instanceof TorError);
        assert.deepEqual([error.kind, error.code, error.retryable, error.place], [kind, code, retryable, 'tor']);
        assert.equal(error.message, `GETINFO nonsense: tor answered ${wire}`);
        return true;
      },
    );
  }
  assert.ok(requireOk(message('251 Nothing to do\r\n'), command));
});

test('secrets of a command are cut out of what tor says about it', () => {
  const command = {
    keyword: 'ADD_ONION',
    args: ['ED25519-V3:c2VjcmV0'],
    shown: 'ADD_ONION',
    secrets: ['ED25519-V3:c2VjcmV0'],
  };
  assert.throws(
    () => requireOk(message('512 Cannot decode ED25519-V3:c2VjcmV0 here\r\n'), command),
    (error) =>
      error instanceof TorError && error.message === 'ADD_ONION: tor answered 512 Cannot decode [sensitive] here',
  );
});
