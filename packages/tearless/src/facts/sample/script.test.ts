// The sample script, run on this machine: systemctl is a script of the test's, all else is real.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { splitSections } from '../section.ts';
import { parseMetrics } from './metrics.ts';
import type { HostSample } from './observed.ts';
import { parseHostSample } from './parse-sample.ts';
import { sampleReader, sampleSections } from './reader.ts';
import { sampleScript } from './script.ts';

const nonce = 'a1'.repeat(16);
const text = `verb_sample() (\n${sampleScript}\n)\nverb_sample "$@"\necho "then $?" >&2\n`;
/** /proc/PID/map_files is root's. */
const skip = process.getuid?.() === 0 ? false : 'needs root';

describe('the sample script', () => {
  let directory: string;
  let relay: ChildProcess;
  const servers: Server[] = [];

  /** Runs it where `systemctl show` prints these units. */
  const run = async (units: string, args: readonly string[] = [nonce]) => {
    writeFileSync(join(directory, 'units'), units);
    const child = spawn('dash', ['-u', '-s', '--', ...args], {
      env: { PATH: `${directory}/bin:${process.env.PATH ?? ''}` },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.end(text);
    await once(child, 'close');
    return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
  };
  const unitOf = (torrc: string, pid = relay.pid): string =>
    `MainPID=${pid}\nNRestarts=3\nExecStart={ path=/usr/bin/tor ; argv[]=/usr/bin/tor --defaults-torrc /none -f ${torrc} ; ignore_errors=no }\nId=tor@a.service\nActiveState=active\n`;
  const writeTorrc = (content: string): string => {
    const path = join(directory, 'torrc');
    writeFileSync(path, content);
    return path;
  };
  const sample = async (torrc: string): Promise<HostSample> => {
    const { stdout } = await run(unitOf(writeTorrc(torrc)));
    return parseHostSample('here', splitSections(stdout, nonce));
  };
  /** What is said of the relay's MetricsPort when its torrc is this. */
  const ask = async (torrc: string) => {
    const { stdout } = await run(unitOf(writeTorrc(torrc)));
    const section = splitSections(stdout, nonce).get('metrics');
    return parseMetrics(Buffer.from(section?.bytes ?? []).toString()).get(relay.pid ?? 0);
  };
  const listen = async (answer: (socket: Socket) => void, address = '127.0.0.1'): Promise<number> => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    servers.push(server);
    server.listen(0, address);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tearless-sample-'));
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin/systemctl'), `#!/bin/sh\ncat '${directory}/units'\n`);
    chmodSync(join(directory, 'bin/systemctl'), 0o755);
    relay = spawn('sleep', ['600'], { stdio: 'ignore' });
    await once(relay, 'spawn');
    // Until it has become `sleep` it is another program.
    while (readFileSync(`/proc/${relay.pid}/comm`, 'utf8') !== 'sleep\n') await new Promise(setImmediate);
  });
  after(() => {
    relay.kill('SIGKILL');
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('gives every section in one frame each, also where no relay runs', async () => {
    const { stdout, stderr } = await run('');
    const sections = splitSections(stdout, nonce);
    assert.deepEqual([...sections.keys()], ['units', 'clock', ...sampleSections]);
    assert.match(stderr, /then 0\n$/);
    assert.deepEqual(parseHostSample('here', sections).relays, []);
  });

  it('refuses to run without a nonce that nobody can guess', async () => {
    for (const bad of [[], [''], ['short'], [`${nonce}0`], [`${nonce.slice(2)}; id`]]) {
      const { stdout, stderr } = await run('', bad);
      assert.equal(stdout.toString(), '');
      assert.match(stderr, /32 hexadecimal digits\nthen 2\n$/);
    }
  });

  it('is shell and Perl that can be read, without a quote inside the Perl', () => {
    assert.equal(spawnSync('dash', ['-n'], { input: text }).stderr.toString(), '');
    assert.ok(!sampleReader.includes("'"));
    const checked = spawnSync('perl', ['-c', '-'], { input: sampleReader });
    assert.equal(checked.stderr.toString(), '- syntax OK\n');
  });

  it('reads a process as /proc shows it, and proves what it has loaded', { skip }, async () => {
    const status = readFileSync(`/proc/${relay.pid}/status`, 'utf8');
    const kibOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    const [only] = (await sample('Nickname a\n')).relays;
    assert.ok(only);
    assert.deepEqual(
      [only.instance, only.pid, only.rssKib, only.virtualKib, only.peakKib, only.threads, only.unitRestarts],
      ['a', relay.pid, kibOf('VmRSS'), kibOf('VmSize'), kibOf('VmHWM'), 1, 3],
    );
    assert.equal(only.allocator.allocator, 'glibc');
    assert.match(only.allocator.buildId ?? '', /^[0-9a-f]{40}$/);
    assert.equal(only.metrics, undefined);
    assert.equal(only.metricsProblem, undefined);
  });

  it('says of a process that is gone that it was not read, and still reads the other', { skip }, async () => {
    const gone = spawnSync('true').pid;
    const { stdout } = await run(`${unitOf('/none', gone).replace('tor@a', 'tor@gone')}\n${unitOf('/none')}`);
    const { relays, unread } = parseHostSample('here', splitSections(stdout, nonce));
    assert.deepEqual([relays.map(({ instance }) => instance), unread], [['a'], ['gone']]);
  });

  it('reads the public identity from where the torrc says, and nothing else that lies there', { skip }, async () => {
    const torrc = `DataDirectory ${directory}\n`;
    writeFileSync(join(directory, 'fingerprint'), 'root:x:0:0\n');
    assert.equal((await sample(torrc)).relays[0]?.fingerprint, undefined);
    writeFileSync(join(directory, 'fingerprint'), `alpha ${'0A'.repeat(20)}\n`);
    const [named] = (await sample(torrc)).relays;
    assert.deepEqual([named?.nickname, named?.fingerprint], ['alpha', '0A'.repeat(20)]);
  });

  const body =
    'tor_relay_connections{type="OR",direction="received",state="opened",family="ipv4"} 3\ntor_relay_connections{type="OR listener",direction="initiated",state="opened",family="ipv4"} 9\ntor_relay_traffic_bytes{direction="read"} 7\nsecret_of_another_kind 1\n';
  const whole = `HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  it('takes an answer as whole that leaves the connection open, however it is cut into pieces', async () => {
    const port = await listen((socket) => {
      socket.write(whole.slice(0, 50));
      setImmediate(() => socket.write(whole.slice(50)));
    });
    assert.deepEqual(await ask(`MetricsPort ${port}\n`), { metrics: { connections: 3, readBytes: 7 } });
    assert.deepEqual(await ask(`+metricsport "127.0.0.1:${port}" prometheus # local\n`), {
      metrics: { connections: 3, readBytes: 7 },
    });
  });

  it('says why an answer is of no use', async () => {
    const early = await listen((socket) => socket.end(whole.slice(0, -5)));
    assert.deepEqual(await ask(`MetricsPort ${early}\n`), { problem: 'the answer ended early' });
    const refusing = await listen((socket) => socket.end('HTTP/1.0 405 Method Not Allowed\r\n\r\n'));
    assert.deepEqual(await ask(`MetricsPort ${refusing}\n`), {
      problem: 'the answer was HTTP/1.0 405 Method Not Allowed',
    });
    const rude = await listen((socket) => socket.destroy());
    assert.match((await ask(`MetricsPort ${rude}\n`))?.problem ?? '', /^the (connection broke: .*|answer was empty)$/);
  });

  it('gives up on a port that never answers, and still reads all else', { skip }, async () => {
    const mute = await listen(() => {});
    const [only] = (await sample(`MetricsPort ${mute}\n`)).relays;
    assert.equal(only?.metricsProblem, 'no whole answer within 3 s');
    assert.ok(only.rssKib > 0);
  });

  it('asks no address elsewhere, no port that is off, and nobody where nothing listens', async () => {
    assert.equal(await ask('MetricsPort 0\n'), undefined);
    assert.equal(await ask('MetricsPort auto\n'), undefined);
    for (const address of ['192.0.2.1:9035', 'metrics.example:9035', '[2001:db8::1]:9035'])
      assert.deepEqual(await ask(`MetricsPort ${address}\n`), {
        problem: 'it listens elsewhere than on this machine alone',
      });
    assert.deepEqual(await ask('MetricsPort 1\n'), { problem: 'nobody listens there' });
  });

  it('follows no include out of /etc/tor', async () => {
    let asked = false;
    const port = await listen((socket) => {
      asked = true;
      socket.end(whole);
    });
    writeFileSync(join(directory, 'elsewhere'), `MetricsPort ${port}\n`);
    assert.equal(
      await ask(`%include ${directory}/elsewhere\n%include /etc/tor/../..${directory}/elsewhere\n`),
      undefined,
    );
    assert.equal(asked, false);
  });
});
