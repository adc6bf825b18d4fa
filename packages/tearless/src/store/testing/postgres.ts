// A PostgreSQL server of a test's own: a new cluster in a temporary folder, run by an unprivileged user, reached over a unix
// socket and loopback, ended with the process that began it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ownPort } from '../../base/testing/own-port.ts';
import type { StorePlace } from '../place.ts';

export interface TestPostgres {
  readonly folder: string;
  readonly port: number;
  /** Who owns every database; its password is asked for on loopback only. */
  readonly user: string;
  readonly password: string;
  /** PEM of its own certificate, where it speaks TLS. */
  readonly certificate: string | undefined;
  /** A new, empty database, over the unix socket. */
  makeDatabase(): StorePlace & { readonly kind: 'postgres' };
  /** Runs statements as the owner. */
  execute(sql: string, database?: string): string;
  /** Ends the server; what it holds stays for the next `start`. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes all it has written. */
  stop(): Promise<void>;
}

const findPrograms = (): string => {
  const folders = globSync('/usr/lib/postgresql/*/bin').sort(
    (a, b) => Number.parseFloat(b.slice(20)) - Number.parseFloat(a.slice(20)),
  );
  const folder = folders.find((one) => existsSync(join(one, 'initdb')));
  if (folder === undefined) throw new Error('PostgreSQL is not installed: sh scripts/setup.sh test');
  return folder;
};

/** PostgreSQL refuses to run as root. */
const asUser = (): { readonly prefix: readonly string[]; readonly uid: number | undefined } => {
  const ending = ['setpriv', '--pdeathsig', 'INT'];
  if (userInfo().uid !== 0) return { prefix: ending, uid: undefined };
  const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
  return { prefix: [...ending, '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'], uid };
};

const program = (words: readonly string[]): [string, string[]] => [words[0] ?? '', words.slice(1)];

/** A certificate of its own for `localhost`, which no system trusts. */
const makeCertificate = (data: string, uid: number | undefined): string => {
  const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject];
  execFileSync('openssl', [...words, '-keyout', key, '-out', certificate], { stdio: ['ignore', 'ignore', 'pipe'] });
  chmodSync(key, 0o600);
  if (uid !== undefined) for (const path of [key, certificate]) chownSync(path, uid, uid);
  return certificate;
};

/** @param options `tls`: it speaks TLS too, with a certificate of its own */
export const startPostgres = async (options: { readonly tls?: boolean } = {}): Promise<TestPostgres> => {
  const programs = findPrograms();
  const { prefix, uid } = asUser();
  // A socket's path holds 107 bytes at most.
  const folder = mkdtempSync('/tmp/tearless-pg-');
  const data = join(folder, 'data');
  const password = 'not a secret: of a test’s own server';
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  let server: ChildProcess | undefined;
  const halt = async (): Promise<void> => {
    if (server !== undefined) await end(server);
    server = undefined;
  };
  const stop = async (): Promise<void> => {
    await halt();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(join(folder, 'password'), password);
    chmodSync(folder, 0o755);
    if (uid !== undefined) for (const path of [folder, data, join(folder, 'password')]) chownSync(path, uid, uid);
    // A language in which 'a' stands before 'B', so that tests see who relies on the server's order.
    const language = ['--encoding', 'UTF8', '--locale-provider', 'icu', '--icu-locale', 'en-US'];
    const initdb = [join(programs, 'initdb'), '--pgdata', data, '--username', 'tearless', '--no-sync', ...language];
    const access = ['--auth-local', 'trust', '--auth-host', 'scram-sha-256', '--pwfile', join(folder, 'password')];
    execFileSync(...program([...prefix, ...initdb, ...access]), { env, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    const certificate = options.tls === true ? makeCertificate(data, uid) : undefined;
    const port = await ownPort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: folder,
      fsync: 'off',
      ssl: certificate === undefined ? 'off' : 'on',
    };
    const words = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const execute = (sql: string, database = 'postgres'): string => {
      const where = ['-h', folder, '-p', String(port), '-U', 'tearless', '-d', database];
      return execFileSync(join(programs, 'psql'), [...where, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }).trim();
    };
    const start = async (): Promise<void> => {
      const started = spawn(...program([...prefix, join(programs, 'postgres'), '-D', data, ...words]), {
        env,
        stdio: 'ignore',
        cwd: '/',
      });
      server = started;
      for (;;) {
        if (started.exitCode !== null) throw new Error(`PostgreSQL has ended with ${started.exitCode}`);
        try {
          execute('select 1');
          return;
        } catch {
          await delay(20);
        }
      }
    };
    await start();
    let databases = 0;
    return {
      folder,
      port,
      user: 'tearless',
      password,
      certificate,
      execute,
      halt,
      start,
      stop,
      makeDatabase: () => {
        databases += 1;
        const database = `state${databases}`;
        execute(`create database ${database}`);
        return { kind: 'postgres', at: { host: folder, port, database, user: 'tearless' } };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** SIGINT: "fast shutdown", which ends sessions. */
const end = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  await exit;
};
