// A fleet of four relays on hosts of a lab, for tests of what goes wrong with a change: what the hosts are, read without
// the product's own ways to read, and what shall become of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { tryRun } from '@tearless/lab/base/run.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { readLeader } from '@tearless/lab/hosts/leader.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { compareWhole, readWhole } from 'tearless/cli/core/demo/separate-reader.ts';
import { bringLabUp } from 'tearless/cli/core/lab-up.ts';
import { parse } from 'yaml';
import { Operator, type Pattern, type RunningTearless } from './operator.ts';

/** What a relay is, by the kernel, systemd and tor itself. */
export interface SeenRelay {
  readonly activeState: string;
  readonly mainPid: number;
  /** The allocator that its process has mapped. */
  readonly allocator: string;
  /** What tor itself says that it works with. */
  readonly bandwidthRate: string;
}

export interface SeenHost {
  /** Paths, types, owners, modes, links, contents; enablement of units; packages and holds. */
  readonly whole: readonly string[];
  readonly relays: Readonly<Record<string, SeenRelay>>;
}

export type SeenFleet = Readonly<Record<string, SeenHost>>;

/** What an operator's configuration says. */
export interface Wishes {
  /** The part of the fleet that it knows; all by default. */
  readonly hosts?: readonly string[];
  readonly settings: readonly unknown[];
  readonly restart?: Readonly<Record<string, unknown>>;
  /** Keys of the configuration as they shall stand there. */
  readonly instead?: Readonly<Record<string, unknown>>;
}

/** What `lab up` wrote, as far as it matters here. */
interface LabConfiguration {
  readonly hosts: Readonly<Record<string, unknown>>;
  readonly relays: readonly { readonly relay: string }[];
}

export const sh = async (host: LabHost, script: string, ...args: string[]): Promise<string> =>
  (await execOnHost(host, ['sh', '-euc', script, 'sh', ...args], { timeoutMs: 5 * 60_000 })).trimEnd();

/** Asks the relay's control socket by hand, through the file system of its host. */
const askTor = async (host: LabHost, relay: string, question: string): Promise<string> => {
  const folder = `/proc/${readLeader(host)?.pid}/root/run/tor-instances/${relay}`;
  const cookie = readFileSync(`${folder}/control.authcookie`).toString('hex');
  const socket = connect({ path: `${folder}/control` });
  socket.end(`AUTHENTICATE ${cookie}\r\n${question}\r\nQUIT\r\n`);
  return text(socket);
};

const seeRelay = async (host: LabHost, relay: string): Promise<SeenRelay> => {
  const shown = await sh(host, 'systemctl show -p ActiveState -p MainPID "$1"', `tor@${relay}.service`);
  const activeState = /^ActiveState=(.*)$/m.exec(shown)?.[1] ?? '';
  const mainPid = Number(/^MainPID=(\d+)$/m.exec(shown)?.[1] ?? 0);
  if (mainPid === 0) return { activeState, mainPid, allocator: '', bandwidthRate: '' };
  const maps = await sh(host, 'cat "/proc/$1/maps"', String(mainPid));
  // Debian's tor opens its socket a moment after it has told systemd that it is ready.
  const answer = await waitFor(() => askTor(host, relay, 'GETCONF BandwidthRate').catch(() => undefined), {
    what: `the control socket of ${relay}`,
    timeoutMs: 180_000,
  });
  return {
    activeState,
    mainPid,
    allocator: /lib(mimalloc|jemalloc)[^/\n]*$/m.exec(maps)?.[1] ?? 'glibc',
    bandwidthRate: /BandwidthRate=?(\d*)/.exec(answer)?.[1] ?? '',
  };
};

/** What must be as planned or as before; which process it is may change. */
const condition = ({ activeState, allocator, bandwidthRate }: SeenRelay) => ({ activeState, allocator, bandwidthRate });

export class FaultFleet {
  readonly name: string;
  readonly hosts: Readonly<Record<string, LabHost>>;
  readonly relays: readonly { readonly host: string; readonly name: string }[];
  readonly #folder: string;
  readonly #configuration: LabConfiguration;
  #operators = 0;

  private constructor(
    name: string,
    hosts: readonly LabHost[],
    relays: FaultFleet['relays'],
    folder: string,
    configuration: LabConfiguration,
  ) {
    this.name = name;
    this.hosts = Object.fromEntries(hosts.map((host) => [host.name, host]));
    this.relays = relays;
    this.#folder = folder;
    this.#configuration = configuration;
  }

  /** @param shape two hosts of two relays by default */
  static async bringUp(
    name: string,
    shape: Pick<Parameters<typeof bringLabUp>[0], 'suites' | 'relaysPerHost'> = {
      suites: ['bookworm', 'bookworm'],
      relaysPerHost: 2,
    },
  ): Promise<FaultFleet> {
    const { lab, configPath } = await bringLabUp({ name, ...shape });
    await lab.network.disconnect();
    const folder = await mkdtemp(join(tmpdir(), 'tearless-faults-'));
    return new FaultFleet(name, lab.hosts, lab.fleet, folder, parse(readFileSync(configPath, 'utf8')));
  }

  async down(): Promise<void> {
    await dropLab(this.name);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  host(name: string): LabHost {
    const host = this.hosts[name];
    assert.ok(host, name);
    return host;
  }

  /** An operator who knows of nothing yet. */
  operator(wishes: Wishes, isElsewhere = false): Operator {
    this.#operators += 1;
    const operator = new Operator(join(this.#folder, `operator${this.#operators}`), isElsewhere);
    operator.declare(this.#configure(wishes));
    return operator;
  }

  #configure({
    hosts = Object.keys(this.hosts),
    settings,
    restart = {},
    instead = {},
  }: Wishes): Record<string, unknown> {
    const { hosts: logins, relays, ...common } = this.#configuration;
    return {
      ...common,
      hosts: Object.fromEntries(hosts.map((name) => [name, logins[name]])),
      relays: relays.filter(({ relay }) => hosts.some((name) => relay.startsWith(`${name}/`))),
      settings,
      restart: { soak: '1s', deadline: '10m', ...restart },
      ...instead,
    };
  }

  /** @param names all hosts by default */
  async see(...names: readonly string[]): Promise<SeenFleet> {
    const seen = (names.length === 0 ? Object.keys(this.hosts) : names).map(async (name) => {
      const host = this.host(name);
      const relays = this.relays.filter((relay) => relay.host === name);
      const [whole, ...states] = await Promise.all([
        readWhole(host),
        ...relays.map(async (relay) => [relay.name, await seeRelay(host, relay.name)] as const),
      ]);
      return [name, { whole, relays: Object.fromEntries(states) }] as const;
    });
    return Object.fromEntries(await Promise.all(seen));
  }

  /** The hosts are as they were seen then, but for process numbers, and nobody holds their locks. */
  async assertAs(expected: SeenFleet): Promise<void> {
    const now = await this.see(...Object.keys(expected));
    for (const [name, then] of Object.entries(expected)) {
      const seen = now[name];
      assert.ok(seen);
      assert.deepEqual(compareWhole(then.whole, seen.whole), [], `files, units and packages of ${name}`);
      for (const [relay, state] of Object.entries(then.relays)) {
        const found: SeenRelay | undefined = seen.relays[relay];
        assert.ok(found);
        assert.deepEqual(condition(found), condition(state), `${name}/${relay}`);
      }
      assert.equal(await sh(this.host(name), 'cat /var/lib/tearless/lock 2>/dev/null || :'), '', `lock of ${name}`);
    }
  }

  /** As `assertAs`, and no relay was restarted either. */
  async assertUntouched(expected: SeenFleet): Promise<void> {
    await this.assertAs(expected);
    const now = await this.see(...Object.keys(expected));
    for (const [name, { relays }] of Object.entries(expected)) assert.deepEqual(now[name]?.relays, relays);
  }

  /** How much lies in the standard input of a process of the host, sent and not read yet. */
  async unreadBytes(host: LabHost, pid: string): Promise<number> {
    const script = `
      inode=$(readlink "/proc/$1/fd/0" | sed 's/.*\\[\\(.*\\)\\]/\\1/')
      ss --unix --no-header --all | awk -v inode="$inode" '$6 == inode { print $3 }'
      perl -e 'open my $in, "<", "/proc/$ARGV[0]/fd/0" or exit; ioctl $in, 0x541B, my $n = pack "i", 0; print unpack "i", $n' "$1"`;
    return Number((await sh(host, script, pid)).trim() || 0);
  }

  /** A process that writes a file on the host, and again when it is asked to. */
  startLateWriter(host: string, path: string, first: string, second: string) {
    const script = new URL('late-writer.ts', import.meta.url).pathname;
    const args = [script, host, sshPaths(this.name).config, path, first, second];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const hasSaid = (word: string) =>
      waitFor(() => said.includes(word) || (child.exitCode !== null && assert.fail(`it ended, having said ${said}`)), {
        what: `the writer to have ${word}`,
        timeoutMs: 120_000,
      });
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    };
    return {
      written: () => hasSaid('written'),
      ask: async () => {
        child.stdin.write('again\n');
        await hasSaid('asked');
      },
      kill,
      [Symbol.asyncDispose]: kill,
    };
  }

  async #hasConnection(host: string): Promise<boolean> {
    return (await tryRun(['pgrep', '-f', `^ssh -F /run/tearless/labs/${this.name}/.* -- ${host} `])).code === 0;
  }

  /** Kills a command at an event; what it started on this machine ends with it. */
  async killAt(running: RunningTearless, pattern: Pattern, host: string): Promise<void> {
    await running.holdAt(pattern, async () => {
      assert.ok(await this.#hasConnection(host), `it is connected to ${host}`);
      running.kill('SIGKILL');
    });
    assert.equal((await running.ended).signal, 'SIGKILL');
    const isGone = async (): Promise<boolean> => !(await this.#hasConnection(host));
    await waitFor(isGone, { what: `the connection to ${host} to end`, timeoutMs: 180_000 });
  }
}
