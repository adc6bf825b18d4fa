// What somebody can do on a worker's host who has stolen the balancer's key: nothing but hear of the one service.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { execOnHost, tryExecOnHost } from '@tearless/lab/hosts/exec.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import type { SiteTor } from '@tearless/lab/site/site-lab.ts';
import { defaultWatcher } from 'tearless/host/enrol/watch-host.ts';
import { port } from './listen.ts';

/** Each part of it is there when the tests run. */
export interface KeyStage {
  /** Of the lab. */
  readonly name: string;
  readonly identityFile: string;
  readonly worker: SiteTor;
  /** Of the service that the key lets in to, and of another on the same host. */
  readonly address: string;
  readonly otherAddress: string;
}

export const describeStolenKey = (stage: KeyStage): void => {
  describe('who has stolen the balancer’s key', () => {
    const ssh = (options: readonly string[], command: readonly string[]) =>
      new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
        const base = [
          '-F',
          sshPaths(stage.name).config,
          '-l',
          defaultWatcher,
          '-i',
          stage.identityFile,
          '-o',
          'BatchMode=yes',
        ];
        const child = spawn('ssh', [...base, ...options, 'h1', ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
        const said = { stdout: '', stderr: '' };
        child.stdout.on('data', (chunk: Buffer) => {
          said.stdout += chunk.toString();
        });
        child.stderr.on('data', (chunk: Buffer) => {
          said.stderr += chunk.toString();
        });
        child.once('error', reject);
        child.once('close', (code) => resolve({ code, ...said }));
        child.stdin.on('error', () => {});
        child.stdin.end('id\nPROTOCOLINFO 1\nSIGNAL HALT\nQUIT\n');
      });

    const mainPid = (): Promise<string> =>
      execOnHost(stage.worker.host, ['systemctl', 'show', '--property=MainPID', '--value', 'tor@w1']);

    test('runs no command, however it is written', async () => {
      const bare = stage.address.replace('.onion', '');
      const tries = [
        [],
        ['id'],
        ['sh', '-c', 'id'],
        ['w1', bare, String(port), ';', 'id'],
        [`w1 ${bare} ${port}`, '&& id'],
        ['$(id)'],
        ['`id`'],
        ['w1', bare],
        ['w1', bare, '443'],
        ['w1', stage.otherAddress.replace('.onion', ''), String(port)],
        ['w2', bare, String(port)],
        ['*'],
        ['/etc/*'],
        ['--', '-h'],
        ['control', 'w1'],
      ];
      for (const words of tries) {
        const { code, stdout } = await ssh([], words);
        assert.deepEqual([code, stdout], [1, ''], words.join(' '));
      }
      assert.notEqual((await ssh(['-s'], ['sftp'])).code, 0);
      assert.doesNotMatch((await ssh(['-tt'], ['id'])).stdout, /uid=/);
    });

    test('opens no port and no socket', async () => {
      const forwards = [
        ['-W', '127.0.0.1:22'],
        ['-W', `127.0.0.1:${stage.worker.backendPort}`],
        ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1'],
      ];
      for (const options of forwards) {
        const { code, stdout, stderr } = await ssh(options, []);
        assert.notEqual(code, 0, options.join(' '));
        assert.doesNotMatch(stdout, /SSH-2|w1/);
        assert.match(stderr, /prohibited|fail|denied/i, options.join(' '));
      }
    });

    test('hears of the one service and cannot change tor', async () => {
      const pid = await mainPid();
      const { stdout } = await ssh([], ['w1', stage.address.replace('.onion', ''), String(port)]);
      const lines = stdout.trimEnd().split(/\r?\n/);
      assert.deepEqual(
        lines.filter((line) => !line.startsWith('250-')),
        [
          'tearless-control ready',
          '510 Unrecognized command "REFUSED_BY_TEARLESS"',
          '250 OK',
          '510 Unrecognized command "REFUSED_BY_TEARLESS"',
          '250 closing connection',
        ],
      );
      assert.equal(await mainPid(), pid);
    });

    test('would be no further with a shell of that login', async () => {
      const bare = stage.address.replace('.onion', '');
      const sudo = 'sudo -n -- ';
      const there = '/usr/local/lib/tearless/helper';
      for (const command of [
        `${sudo}id`,
        `${sudo}${there}`,
        `${sudo}${there} facts`,
        `${sudo}${there} onion w2 ${bare} ${port}`,
        `${sudo}${there} onion w1 ${bare}`,
        `${sudo}${there} onion w1 ${bare} ${port} x`,
        'cat /run/tor-instances/w1/control.authcookie',
        'cat /var/lib/tor-instances/w1/site/hs_ed25519_secret_key',
        'echo >>/var/lib/tearless-watch/.ssh/authorized_keys',
        'crontab -l',
      ]) {
        const { code } = await tryExecOnHost(stage.worker.host, [
          'runuser',
          '-u',
          defaultWatcher,
          '--',
          'sh',
          '-c',
          command,
        ]);
        assert.notEqual(code, 0, command);
      }
    });
  });
};
