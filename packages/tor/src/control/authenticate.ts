// Convincing tor that we may control it, and ourselves that it is tor. control-spec §3.5, §3.21, §3.24, §5.1.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { TorError } from '../error.ts';
import { type Revealable, reveal } from '../sensitive.ts';
import type { WaitOptions } from './abort.ts';
import * as commands from './commands.ts';
import type { Connection } from './connection.ts';
import { protocolError } from './problem.ts';
import { parseAuthChallenge } from './reply/authchallenge.ts';
import { type AuthMethod, type ProtocolInfo, parseProtocolInfo } from './reply/protocolinfo.ts';
import { requireOk } from './reply/status.ts';

export type RandomBytes = (size: number) => Uint8Array;

export interface AuthOptions {
  /**
   * Reads the cookie file on the machine where tor runs. The path is what the other end says: with SAFECOOKIE it
   * learns nothing of a file it does not know already, and only files of 32 bytes are ever used.
   */
  readCookie?:
    | ((
        path: string,
        options: { signal: AbortSignal | undefined },
      ) => Promise<Uint8Array | Revealable<Uint8Array>> | Uint8Array | Revealable<Uint8Array>)
    | undefined;
  password?: string | Revealable<string> | undefined;
  /**
   * What may be used; tor's offer decides which. Default: NULL, SAFECOOKIE, HASHEDPASSWORD. COOKIE hands the file's content
   * to whoever is at the other end and every tor since 0.2.3 has SAFECOOKIE, so it must be named here to be used.
   */
  methods?: readonly AuthMethod[] | undefined;
}

/** In this order: what needs no secret first, then what gives none away. */
const preference: readonly AuthMethod[] = ['NULL', 'SAFECOOKIE', 'HASHEDPASSWORD', 'COOKIE'];
const defaultMethods: readonly AuthMethod[] = ['NULL', 'SAFECOOKIE', 'HASHEDPASSWORD'];

const cookieBytes = 32;
const serverHashKey = 'Tor safe cookie authentication server-to-controller hash';
const clientHashKey = 'Tor safe cookie authentication controller-to-server hash';

export interface Authenticated {
  info: ProtocolInfo;
  method: AuthMethod;
}

/**
 * Authenticates a fresh connection.
 * @param randomBytes gives the 32-byte client nonce
 * @throws TorError kind `denied`: `control-auth-unavailable` (no method that both sides can do), `control-cookie-unreadable`,
 * `control-cookie-size`, `control-server-hash` (the other end does not know the cookie: it is not that tor), `control-bad-authentication`
 */
export async function authenticate(
  connection: Connection,
  auth: AuthOptions,
  randomBytes: RandomBytes,
  wait: WaitOptions,
): Promise<Authenticated> {
  const ask = async (command: Parameters<Connection['request']>[0]) =>
    requireOk(await connection.request(command, wait), command);

  const info = parseProtocolInfo(await ask(commands.simple('PROTOCOLINFO', '1')));
  const { method, cookie } = await chooseMethod(info, auth, wait.signal);
  switch (method) {
    case 'NULL':
      await ask(commands.authenticate(undefined));
      break;
    case 'HASHEDPASSWORD':
      await ask(commands.authenticate(hex(Buffer.from(reveal(auth.password ?? '')))));
      break;
    case 'COOKIE':
      await ask(commands.authenticate(hex(cookie)));
      break;
    case 'SAFECOOKIE': {
      const clientNonce = randomBytes(32);
      const challenge = parseAuthChallenge(await ask(commands.authChallenge(hex(clientNonce))));
      const material = Buffer.concat([cookie, clientNonce, challenge.serverNonce]);
      // Before anything of ours is sent: does the other end know the cookie?
      if (!timingSafeEqual(safeCookieHash('server', material), challenge.serverHash)) throw notThatTor();
      await ask(commands.authenticate(hex(safeCookieHash('client', material))));
      break;
    }
  }
  return { info, method };
}

/**
 * One half of SAFECOOKIE: HMAC-SHA256 over cookie, client nonce and server nonce (§3.24).
 * @param side whose proof it is
 * @returns 32 bytes
 */
export function safeCookieHash(side: 'server' | 'client', material: Uint8Array): Uint8Array {
  const key = side === 'server' ? serverHashKey : clientHashKey;
  return new Uint8Array(createHmac('sha256', key).update(material).digest());
}

async function chooseMethod(
  info: ProtocolInfo,
  auth: AuthOptions,
  signal: AbortSignal | undefined,
): Promise<{ method: AuthMethod; cookie: Uint8Array }> {
  const allowed = auth.methods ?? defaultMethods;
  const offered = preference.filter((method) => allowed.includes(method) && info.authMethods.includes(method));
  let cookieError: TorError | undefined;
  for (const method of offered) {
    if (method === 'NULL') return { method, cookie: new Uint8Array() };
    if (method === 'HASHEDPASSWORD') {
      if (auth.password !== undefined) return { method, cookie: new Uint8Array() };
    } else if (auth.readCookie !== undefined && cookieError === undefined) {
      try {
        return { method, cookie: await readCookie(info, auth.readCookie, signal) };
      } catch (error) {
        // A password may do instead; if not, this is what the caller hears.
        if (!(error instanceof TorError) || error.kind === 'interrupted') throw error;
        cookieError = error;
      }
    }
  }
  throw cookieError ?? unavailable(info, auth);
}

async function readCookie(
  info: ProtocolInfo,
  read: NonNullable<AuthOptions['readCookie']>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const [path] = info.cookieFiles;
  if (path === undefined) throw protocolError('control-bad-reply', 'tor wants its cookie and does not say where it is');
  let cookie: Uint8Array;
  try {
    cookie = reveal<Uint8Array>(await read(path, { signal }));
  } catch (error) {
    throw new TorError(`the control cookie ${path} cannot be read`, {
      kind: 'denied',
      code: 'control-cookie-unreadable',
      place: 'tor',
      hint: 'run as a user in the group that may read it (debian-tor on Debian), or give a password',
      cause: error,
    });
  }
  if (cookie.length !== cookieBytes) {
    throw new TorError(`the control cookie ${path} has ${cookie.length} bytes instead of ${cookieBytes}`, {
      kind: 'denied',
      code: 'control-cookie-size',
      place: 'tor',
      hint: 'check that this is the cookie file of the tor that is running',
    });
  }
  return cookie;
}

function unavailable(info: ProtocolInfo, auth: AuthOptions): TorError {
  const have = [
    ...(auth.readCookie === undefined ? [] : ['a cookie file']),
    ...(auth.password === undefined ? [] : ['a password']),
  ];
  return new TorError(
    `tor offers ${info.authMethods.join(', ') || 'no authentication at all'}; we have ${have.join(' and ') || 'no credentials'}`,
    {
      kind: 'denied',
      code: 'control-auth-unavailable',
      place: 'tor',
      hint: 'set CookieAuthentication 1 in the torrc and give access to the cookie, or give the password',
    },
  );
}

function notThatTor(): TorError {
  return new TorError('the other end of the control connection does not know the cookie', {
    kind: 'denied',
    code: 'control-server-hash',
    place: 'tor',
    hint: 'it is another tor than the one whose cookie was read (restarted since, or another instance), or not tor at all',
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
