// Authentication against a scripted peer: which method is chosen, and what goes wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { TorError } from '../error.ts';
import { Sensitive } from '../sensitive.ts';
import { type AuthOptions, safeCookieHash } from './authenticate.ts';
import { Controller } from './controller.ts';
import { ScriptedPeer } from './testing/scripted-peer.ts';

const cookie = new Uint8Array(32).fill(0xc0);
const cookieHex = 'c0'.repeat(32);
const clientNonce = new Uint8Array(32).fill(1);
const serverNonce = new Uint8Array(32).fill(2);
const material = Buffer.concat([cookie, clientNonce, serverNonce]);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A tor with these methods that knows the cookie and the password `hunter2`. */
function torWith(
  methods: string,
  {
    serverHash = hex(safeCookieHash('server', material)),
    cookieFile = ' COOKIEFILE="/run/tor/control.authcookie"',
  } = {},
) {
  const accepted = new Set([
    'AUTHENTICATE',
    `AUTHENTICATE ${hex(Buffer.from('hunter2'))}`,
    `AUTHENTICATE ${cookieHex}`,
  ]);
  accepted.add(`AUTHENTICATE ${hex(safeCookieHash('client', material))}`);
  return new ScriptedPeer((command) => {
    if (command === 'PROTOCOLINFO 1')
      return `250-PROTOCOLINFO 1\n250-AUTH METHODS=${methods}${cookieFile}\n250-VERSION Tor="0.4.9.11"\n250 OK`;
    if (command === `AUTHCHALLENGE SAFECOOKIE ${hex(clientNonce)}`) {
      return `250 AUTHCHALLENGE SERVERHASH=${serverHash} SERVERNONCE=${hex(serverNonce)}`;
    }
    return accepted.has(command) ? '250 OK' : `515 Bad authentication: ${command}`;
  });
}

const open = (peer: ScriptedPeer, auth: AuthOptions) =>
  Controller.open(peer.stream, { auth, randomBytes: (size) => clientNonce.slice(0, size) });

const readCookie = () => cookie;

/** The error must have this code, and no secret in anything it shows. */
const denied = (code: string) => (error: unknown) => {
  assert.ok(error instanceof TorError, String(error));
  assert.equal(error.code, code);
  assert.equal(error.kind, 'denied');
  const shown = inspect(error, { depth: 9 }) + JSON.stringify(error);
  for (const secret of ['hunter2', hex(Buffer.from('hunter2')), cookieHex]) assert.ok(!shown.includes(secret), shown);
  return true;
};

test('the hashes of SAFECOOKIE are those of control-spec §3.24', () => {
  // Computed with python3: hmac.new(key, bytes([0xc0]*32+[1]*32+[2]*32), "sha256").hexdigest()
  assert.equal(
    hex(safeCookieHash('server', material)),
    'fa6aff3ecb7ffb5bd734243c2802056199ee357516a0fefda0694c219edac574',
  );
  assert.equal(
    hex(safeCookieHash('client', material)),
    '0408e852a9d76d755f13986b0c0e948d072584f6d67698d41132a020b3cf3a69',
  );
});

test('the method that gives least away is chosen, as far as both sides can', async () => {
  const all: AuthOptions = { readCookie, password: 'hunter2' };
  const cases: [string, AuthOptions, string][] = [
    ['NULL,COOKIE,SAFECOOKIE', all, 'NULL'],
    ['COOKIE,SAFECOOKIE,HASHEDPASSWORD', all, 'SAFECOOKIE'],
    ['COOKIE,SAFECOOKIE,HASHEDPASSWORD', { password: 'hunter2' }, 'HASHEDPASSWORD'],
    ['COOKIE,SAFECOOKIE,HASHEDPASSWORD', { ...all, methods: ['HASHEDPASSWORD'] }, 'HASHEDPASSWORD'],
    ['COOKIE', { ...all, methods: ['COOKIE'] }, 'COOKIE'],
    ['SOMETHING_NEW,SAFECOOKIE', all, 'SAFECOOKIE'],
  ];
  for (const [methods, auth, expected] of cases) {
    const controller = await open(torWith(methods), auth);
    assert.equal(controller.authMethod, expected, methods);
    await controller.close();
  }
});

test('the cookie itself is not sent to a tor that asks for it unless that was allowed', async () => {
  const peer = torWith('COOKIE');
  await assert.rejects(open(peer, { readCookie }), denied('control-auth-unavailable'));
  assert.deepEqual(peer.received, ['PROTOCOLINFO 1']);
});

test('wrapped secrets are taken, asynchronously too, and the path is the one tor named', async () => {
  const paths: string[] = [];
  const controller = await open(torWith('SAFECOOKIE'), {
    readCookie: async (path) => {
      paths.push(path);
      return new Sensitive(cookie);
    },
  });
  await controller.close();
  assert.deepEqual(paths, ['/run/tor/control.authcookie']);
  const second = await open(torWith('HASHEDPASSWORD'), { password: new Sensitive('hunter2') });
  await second.close();
});

test('a peer that does not know the cookie gets nothing from us', async () => {
  const peer = torWith('SAFECOOKIE', { serverHash: hex(safeCookieHash('server', new Uint8Array(96))) });
  await assert.rejects(open(peer, { readCookie }), denied('control-server-hash'));
  assert.equal(peer.received.length, 2, 'AUTHENTICATE was sent');
  assert.equal(peer.stream.destroyed, true);
});

test('a wrong cookie is noticed by the server hash', async () => {
  await assert.rejects(
    open(torWith('SAFECOOKIE'), { readCookie: () => new Uint8Array(32) }),
    denied('control-server-hash'),
  );
});

test('a wrong password is an error without the password', async () => {
  await assert.rejects(open(torWith('HASHEDPASSWORD'), { password: 'hunter22' }), denied('control-bad-authentication'));
});

test('a file that cannot be a cookie is not used', async () => {
  const peer = torWith('SAFECOOKIE');
  await assert.rejects(open(peer, { readCookie: () => cookie.slice(1) }), denied('control-cookie-size'));
  assert.equal(peer.received.length, 1);
});

test('a cookie that cannot be read is an error with its cause, or the password does instead', async () => {
  const unreadable = () => {
    throw new Error('EACCES');
  };
  await assert.rejects(
    open(torWith('SAFECOOKIE'), { readCookie: unreadable }),
    (error) => denied('control-cookie-unreadable')(error) && /EACCES/.test(String((error as TorError).cause)),
  );
  const controller = await open(torWith('SAFECOOKIE,HASHEDPASSWORD'), { readCookie: unreadable, password: 'hunter2' });
  assert.equal(controller.authMethod, 'HASHEDPASSWORD');
  await controller.close();
});

test('without common ground it says what tor offers and what we have', async () => {
  await assert.rejects(
    open(torWith('HASHEDPASSWORD'), { readCookie }),
    (error) => denied('control-auth-unavailable')(error) && /HASHEDPASSWORD.*a cookie file/.test(String(error)),
  );
  await assert.rejects(open(torWith('SAFECOOKIE', { cookieFile: '' }), { readCookie }), { code: 'control-bad-reply' });
});
