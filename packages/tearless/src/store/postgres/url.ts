// A PostgreSQL connection URI to a value (libpq, 34.1.1.2 "Connection URIs"), and back for people without its password.
// Only what Tearless can honour is taken; the rest is refused rather than passed over.
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { StoreError } from '../store-error.ts';

/**
 * - `disable`: no TLS
 * - `require`: TLS, with whoever answers
 * - `verify-ca`: TLS, with a certificate of an authority that we trust
 * - `verify-full`: TLS, with such a certificate for that host
 */
export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

const sslModes: readonly SslMode[] = ['disable', 'require', 'verify-ca', 'verify-full'];

export interface PostgresPlace {
  /** A name, an address, or the folder of a unix socket; else that of the service or of the environment. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: Sensitive<string> | undefined;
  readonly sslMode?: SslMode | undefined;
  /** PEM of the authorities that are trusted, instead of the system's. */
  readonly sslRootCert?: string | undefined;
  /** A section of the connection service file. */
  readonly service?: string | undefined;
}

const example = 'postgresql://USER@HOST:5432/DATABASE, and its password in ~/.pgpass';

/** The text itself is never repeated: it may hold a password. */
const refuse = (message: string, cause?: unknown): never => {
  throw new StoreError({
    kind: 'usage',
    code: 'store-place',
    message: `the PostgreSQL address of the state is not understood: ${message}`,
    hint: `write it as ${example}`,
    ...(cause === undefined ? {} : { cause }),
  });
};

const decode = (text: string, what: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(`${what} holds a '%' that begins no escape`);
  }
};

const parsePort = (text: string): number => {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : refuse(`'${text}' is no port`);
};

const parseSslMode = (text: string): SslMode =>
  sslModes.find((mode) => mode === text) ??
  refuse(`sslmode=${text} is none of ${sslModes.join(', ')} (others let an attacker choose plain text)`);

const filled = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);

/** @throws StoreError `store-place`, without the text */
export const parsePostgresUrl = (text: string): PostgresPlace => {
  const match = /^postgres(?:ql)?:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/i.exec(text);
  if (match === null) return refuse('no such form');
  const [, login = '', authority = '', path = '', query = ''] = match;
  const colon = login.indexOf(':');
  const user = decode(colon === -1 ? login : login.slice(0, colon), 'the user');
  const password = colon === -1 ? '' : decode(login.slice(colon + 1), 'the password');
  if (authority.includes(',')) return refuse('several hosts are not taken; name the one that takes writes');
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? refuse('no host');
  const given = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    const [key = '', ...value] = pair.split('=');
    given.set(decode(key, 'an option'), decode(value.join('='), 'an option'));
  }
  const take = (key: string): string | undefined => {
    const value = filled(given.get(key));
    given.delete(key);
    return value;
  };
  const sslmode = take('sslmode');
  const queryPort = take('port');
  const place: PostgresPlace = {
    host: take('host') ?? filled(decode(host.replace(/^\[|\]$/g, ''), 'the host')),
    port:
      queryPort === undefined ? (filled(port) === undefined ? undefined : parsePort(port ?? '')) : parsePort(queryPort),
    database: take('dbname') ?? filled(decode(path, 'the database')),
    user: take('user') ?? filled(user),
    password: password === '' ? undefined : new Sensitive(password),
    sslMode: sslmode === undefined ? undefined : parseSslMode(sslmode),
    sslRootCert: take('sslrootcert'),
    service: take('service'),
  };
  if (given.has('password')) return refuse('a password does not belong behind the question mark');
  const [unknown] = given.keys();
  if (unknown !== undefined) return refuse(`the option '${unknown}' is not known`);
  return place;
};

/** `postgresql://user@host:port/database`, for messages. */
export const renderPostgresPlace = ({ host, port, database, user, service }: PostgresPlace): string => {
  const isFolder = host?.startsWith('/') === true;
  const name = host === undefined || isFolder ? '' : host.includes(':') ? `[${host}]` : host;
  const query = [...(isFolder ? [`host=${host}`] : []), ...(service === undefined ? [] : [`service=${service}`])];
  return [
    'postgresql://',
    user === undefined ? '' : `${encodeURIComponent(user)}@`,
    name,
    port === undefined ? '' : `:${port}`,
    database === undefined ? '' : `/${encodeURIComponent(database)}`,
    query.length === 0 ? '' : `?${query.join('&')}`,
  ].join('');
};
