// The commands we send, built from typed values. control-spec §3. Pure; sending them is the controller's business.
import { type Revealable, reveal } from '../sensitive.ts';
import { type Command, word } from './command.ts';
import { argumentError } from './problem.ts';
import { quoteString } from './quoted.ts';

/** What an option is set to: several values for an option that takes several; null resets it (§3.1: to 0 or NULL, RESETCONF: to its default). */
export type ConfValue = string | number | boolean | null | readonly string[];

/** Options in order; order matters for groups such as HiddenServiceDir and HiddenServicePort. */
export type ConfEntries = Readonly<Record<string, ConfValue>> | readonly (readonly [key: string, value: ConfValue])[];

export type SignalName =
  | 'RELOAD'
  | 'SHUTDOWN'
  | 'DUMP'
  | 'DEBUG'
  | 'HALT'
  | 'HUP'
  | 'INT'
  | 'USR1'
  | 'USR2'
  | 'TERM'
  | 'NEWNYM'
  | 'CLEARDNSCACHE'
  | 'HEARTBEAT'
  | 'ACTIVE'
  | 'DORMANT';

/** A command of words only. */
export function simple(keyword: string, ...args: string[]): Command {
  return { keyword, args: args.map((arg) => word(arg, `an argument of ${keyword}`)) };
}

/** @param credential hexadecimal, or none for the method NULL */
export function authenticate(credential: string | undefined): Command {
  return {
    keyword: 'AUTHENTICATE',
    args: credential === undefined ? [] : [credential === '' ? '""' : credential],
    shown: 'AUTHENTICATE',
    secrets: credential === undefined ? [] : [credential],
  };
}

/** @param clientNonceHex 32 bytes in hexadecimal */
export function authChallenge(clientNonceHex: string): Command {
  return { keyword: 'AUTHCHALLENGE', args: ['SAFECOOKIE', word(clientNonceHex, 'a nonce')], shown: 'AUTHCHALLENGE' };
}

/** SETCONF, RESETCONF. @throws TorError `control-bad-argument` */
export function confCommand(keyword: 'SETCONF' | 'RESETCONF', entries: ConfEntries): Command {
  const pairs = isPairs(entries) ? entries : Object.entries(entries);
  if (pairs.length === 0) throw argumentError(`${keyword} without an option`);
  const args = pairs.flatMap(([key, value]) => confArgs(optionName(key), value));
  // Values may be secrets (HashedControlPassword), so errors name the options only.
  const values = pairs.flatMap(([key, value]) => (/password/i.test(key) ? confValues(value) : []));
  return {
    keyword,
    args,
    shown: `${keyword} ${pairs.map(([key]) => key).join(' ')}`,
    secrets: values.filter((value) => value !== null),
  };
}

function isPairs(entries: ConfEntries): entries is readonly (readonly [string, ConfValue])[] {
  return Array.isArray(entries);
}

function optionName(key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))
    throw argumentError('the name of an option has letters, digits and _ only');
  return key;
}

function confArgs(key: string, value: ConfValue): string[] {
  return confValues(value).map((one) => (one === null ? key : `${key}=${quoteString(one)}`));
}

function confValues(value: ConfValue): (string | null)[] {
  if (value === null) return [null];
  if (typeof value === 'boolean') return [value ? '1' : '0'];
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw argumentError(`${value} is no value for an option`);
    return [String(value)];
  }
  if (typeof value === 'string') return [value];
  // Setting an option to no values at all is resetting it.
  return value.length === 0 ? [null] : [...value];
}

/** GETCONF. @throws TorError `control-bad-argument` */
export function getConf(keys: readonly string[]): Command {
  return { keyword: 'GETCONF', args: keys.map(optionName) };
}

export function loadConf(text: string): Command {
  return { keyword: 'LOADCONF', args: [], data: text, shown: 'LOADCONF' };
}

/** @param pairs original address to replacement */
export function mapAddress(pairs: Readonly<Record<string, string>>): Command {
  const entries = Object.entries(pairs);
  if (entries.length === 0) throw argumentError('MAPADDRESS without an address');
  if (entries.some(([from]) => from.includes('='))) throw argumentError('an address has no "="');
  return simple('MAPADDRESS', ...entries.map(([from, to]) => `${from}=${to}`));
}

export interface ExtendCircuitOptions {
  /** Default: a new circuit. */
  circuitId?: string | undefined;
  /** Fingerprints (`$…`) or nicknames, first hop first. Default for a new circuit: tor chooses. */
  path?: readonly string[] | undefined;
  /** Of a new circuit; default `general`. */
  purpose?: 'general' | 'controller' | undefined;
}

export function extendCircuit({ circuitId, path, purpose }: ExtendCircuitOptions): Command {
  if (path?.some((hop) => hop.includes(',') || hop === '')) throw argumentError('a hop is one router');
  const args = [circuitId ?? '0'];
  if (path !== undefined && path.length > 0) args.push(path.join(','));
  if (purpose !== undefined) args.push(`purpose=${purpose}`);
  return simple('EXTENDCIRCUIT', ...args);
}

/** RELAY_END reasons, tor-spec §6.3. */
export const streamEndReasons = {
  MISC: 1,
  RESOLVEFAILED: 2,
  CONNECTREFUSED: 3,
  EXITPOLICY: 4,
  DESTROY: 5,
  DONE: 6,
  TIMEOUT: 7,
  NOROUTE: 8,
  HIBERNATING: 9,
  INTERNAL: 10,
  RESOURCELIMIT: 11,
  CONNRESET: 12,
  TORPROTOCOL: 13,
  NOTDIRECTORY: 14,
} as const;

export type StreamEndReason = keyof typeof streamEndReasons;

export interface AddOnionOptions {
  /** `ED25519-V3:…` as ADD_ONION returned it. Default: tor makes one. */
  key?: string | Revealable<string> | undefined;
  /** `80`, `80,127.0.0.1:8080`, `80,unix:/path`. At least one. */
  ports: readonly string[];
  flags?: readonly ('DiscardPK' | 'Detach' | 'V3Auth' | 'NonAnonymous' | 'MaxStreamsCloseCircuit')[] | undefined;
  maxStreams?: number | undefined;
  /** x25519 public keys, base32. */
  clientAuthV3?: readonly string[] | undefined;
}

export function addOnion(options: AddOnionOptions): Command {
  const key = options.key === undefined ? 'NEW:ED25519-V3' : reveal(options.key);
  if (options.ports.length === 0) throw argumentError('an onion service needs a port');
  const args = [key];
  if (options.flags !== undefined && options.flags.length > 0) args.push(`Flags=${options.flags.join(',')}`);
  if (options.maxStreams !== undefined) args.push(`MaxStreams=${options.maxStreams}`);
  args.push(...options.ports.map((port) => `Port=${port}`));
  args.push(...(options.clientAuthV3 ?? []).map((client) => `ClientAuthV3=${client}`));
  return { ...simple('ADD_ONION', ...args), shown: 'ADD_ONION', secrets: options.key === undefined ? [] : [key] };
}

export interface HsPostOptions {
  /** Fingerprints of the HSDirs. Default: those responsible. */
  servers?: readonly string[] | undefined;
  /** Onion address without `.onion`. */
  address?: string | undefined;
}

export function hsPost(descriptor: string, { servers = [], address }: HsPostOptions): Command {
  const args = servers.map((server) => `SERVER=${server}`);
  if (address !== undefined) args.push(`HSADDRESS=${address}`);
  return { ...simple('HSPOST', ...args), data: descriptor };
}
