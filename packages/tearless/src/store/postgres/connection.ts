// What a connection to PostgreSQL is made with: the address, then its service, then the environment, then PostgreSQL's own
// defaults (libpq, 34.1.2, 34.15). Passwords come from the password file, which no other user may read.
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { StoreError } from '../store-error.ts';
import { findPassword } from './password-file.ts';
import { findService } from './service-file.ts';
import { type PostgresPlace, parsePostgresUrl, renderPostgresPlace, type SslMode } from './url.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** undefined where none is known: the server may want none. */
  readonly password: Sensitive<string> | undefined;
  readonly sslMode: SslMode;
  /** PEM. */
  readonly sslRootCert: string | undefined;
  /** For people, without the password. */
  readonly shown: string;
}

const readOptional = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // None there, or not for us: the server says whether one was needed.
  }
};

const readServicePlace = (service: string, env: Environment): PostgresPlace => {
  const files = [
    env.PGSERVICEFILE ?? join(env.HOME ?? '/', '.pg_service.conf'),
    join(env.PGSYSCONFDIR ?? '/etc/postgresql-common', 'pg_service.conf'),
  ];
  for (const file of files) {
    const values = findService(readOptional(file) ?? '', service);
    if (values === undefined) continue;
    const known = ['host', 'port', 'dbname', 'user', 'sslmode', 'sslrootcert'];
    const query = [...values].filter(([key]) => known.includes(key));
    const place = parsePostgresUrl(
      `postgresql://?${query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`,
    );
    const password = values.get('password');
    return password === undefined ? place : { ...place, password: new Sensitive(password) };
  }
  throw new StoreError({
    kind: 'config',
    code: 'store-place',
    message: `there is no PostgreSQL service '${service}' in ${files.join(' or ')}`,
    hint: 'add the section, or write the address out',
  });
};

const readPassword = (
  env: Environment,
  connection: { readonly host: string; readonly port: number; readonly database: string; readonly user: string },
): Sensitive<string> | undefined => {
  const path = env.PGPASSFILE ?? join(env.HOME ?? '/', '.pgpass');
  const text = readOptional(path);
  if (text === undefined) return undefined;
  if ((statSync(path).mode & 0o077) !== 0)
    throw new StoreError({
      kind: 'denied',
      code: 'store-password-file',
      message: `the password file ${path} can be read by others`,
      hint: `chmod 0600 ${path}`,
      subject: path,
    });
  const found = findPassword(text, connection);
  return found === undefined ? undefined : new Sensitive(found);
};

const readRootCert = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new StoreError({
      kind: 'config',
      code: 'store-place',
      message: `the certificates of sslrootcert cannot be read: ${path}`,
      hint: 'name a PEM file of the authorities that may sign the server’s certificate',
      subject: path,
      cause: error,
    });
  }
};

/** Traffic that stays on this machine. */
const isNear = (host: string): boolean => host.startsWith('/') || /^(localhost|127\..*|::1)$/.test(host);

/**
 * Other machines are met with TLS and a certificate that fits their name, unless `sslmode` says otherwise.
 * @throws StoreError `store-place`, `store-password-file`
 */
export const resolvePostgres = (given: PostgresPlace, env: Environment): PostgresConnection => {
  const service = given.service ?? env.PGSERVICE;
  const served: PostgresPlace = service === undefined ? {} : readServicePlace(service, env);
  const ambient = parsePostgresUrl(
    `postgresql://?${[
      ['port', env.PGPORT],
      ['sslmode', env.PGSSLMODE],
    ]
      .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`]))
      .join('&')}`,
  );
  const host = given.host ?? served.host ?? env.PGHOST ?? '/var/run/postgresql';
  const port = given.port ?? served.port ?? ambient.port ?? 5432;
  const user = given.user ?? served.user ?? env.PGUSER ?? userInfo().username;
  const database = given.database ?? served.database ?? env.PGDATABASE ?? user;
  const known = given.password ?? served.password;
  const password =
    known ??
    (env.PGPASSWORD === undefined ? readPassword(env, { host, port, database, user }) : new Sensitive(env.PGPASSWORD));
  const rootCert = given.sslRootCert ?? served.sslRootCert ?? env.PGSSLROOTCERT;
  return {
    host,
    port,
    database,
    user,
    password,
    sslMode: given.sslMode ?? served.sslMode ?? ambient.sslMode ?? (isNear(host) ? 'disable' : 'verify-full'),
    sslRootCert: rootCert === undefined ? undefined : readRootCert(rootCert),
    shown: renderPostgresPlace({ host, port, database, user }),
  };
};
