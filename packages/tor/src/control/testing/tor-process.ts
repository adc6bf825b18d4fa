// For tests: a real tor without network, with its control port on a unix socket in a folder of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Reason to skip, or false. */
export const skipWithoutTor = spawnSync('tor', ['--version']).error === undefined ? false : 'tor is not on PATH';

export class TorProcess {
  readonly directory: string;
  readonly torrc: string;
  readonly cookieFile: string;
  readonly process: ChildProcess;
  /** Resolves when the process is gone. */
  readonly exited: Promise<unknown>;

  private constructor(directory: string, process: ChildProcess) {
    this.directory = directory;
    this.torrc = join(directory, 'torrc');
    this.cookieFile = join(directory, 'data', 'control_auth_cookie');
    this.process = process;
    this.exited = once(process, 'exit');
  }

  /** Resolves when the control port listens. Tor also exits when this process does. */
  static async start(lines: readonly string[]): Promise<TorProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'tearless-control-'));
    const torrc = [
      'DisableNetwork 1',
      'SocksPort 0',
      `DataDirectory ${join(directory, 'data')}`,
      `ControlPort unix:${join(directory, 'control')}`,
      'Log notice stdout',
      ...lines,
    ];
    writeFileSync(join(directory, 'torrc'), `${torrc.join('\n')}\n`);
    const owner = String(process.pid);
    const args = ['--defaults-torrc', '/dev/null', '-f', join(directory, 'torrc'), '__OwningControllerProcess', owner];
    const child = spawn('tor', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const tor = new TorProcess(directory, child);
    const log: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      log.push(line);
      if (line.includes('Opened Control listener connection (ready)')) {
        // Keep reading: a full pipe would stop tor.
        child.stdout.resume();
        return tor;
      }
    }
    await tor.stop();
    throw new Error(`tor did not start:\n${log.join('\n')}`);
  }

  /** A new connection to the control port. */
  connect(): Socket {
    return connect(join(this.directory, 'control'));
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGCONT');
      this.process.kill('SIGKILL');
      await this.exited;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** As HashedControlPassword takes it: S2K of RFC 2440 §3.6.1.3 with SHA-1 and 65,536 bytes (control-spec §5.1). */
export function hashControlPassword(password: string): string {
  const salt = randomBytes(8);
  const hash = createHash('sha1');
  const round = Buffer.concat([salt, Buffer.from(password)]);
  let left = 65_536;
  for (; left > round.length; left -= round.length) hash.update(round);
  hash.update(round.subarray(0, left));
  return `16:${salt.toString('hex')}60${hash.digest('hex')}`.toUpperCase();
}
