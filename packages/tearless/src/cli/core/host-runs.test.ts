import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { directoryFleet } from '../../change/testing/fleet.ts';
import { HostError } from '../../host/host-error.ts';
import { readHostRuns } from './host-runs.ts';

const { signal } = new AbortController();

it('runs are gathered from the hosts that answer, so many at once; those that do not are named with their reason', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-host-runs-'));
  try {
    const prepared = directoryFleet(directory);
    const journal = (host: string, run: string) =>
      prepared(host).call('journal-append', { args: [run], input: '{}\n' });
    await Promise.all([journal('h1', '20260101-a'), journal('h2', '20260101-a'), journal('h2', '20260102-b')]);
    const names = Array.from({ length: 40 }, (_, at) => `h${at}`);
    let [asked, most] = [0, 0];
    const hosts = directoryFleet(directory, (name) => ({
      onRequest: async (moment) => {
        asked += moment === 'before' ? 1 : -1;
        most = Math.max(most, asked);
        await new Promise((resolve) => setImmediate(resolve));
        if (name !== 'h9' && name !== 'h3') return;
        asked -= 1;
        throw new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: `${name} is down` });
      },
    }));
    const { runs, unreachable } = await readHostRuns(names, hosts, signal);
    assert.deepEqual(runs, [
      { run: '20260102-b', hosts: ['h2'] },
      { run: '20260101-a', hosts: ['h1', 'h2'] },
    ]);
    assert.deepEqual(
      [...unreachable].map(([host, { message }]) => [host, message]),
      [
        ['h3', 'h3 is down'],
        ['h9', 'h9 is down'],
      ],
    );
    assert.equal(most, 32);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it('a bug while a host is asked is no host that is away', async () => {
  const hosts = () => {
    throw new TypeError('not a host');
  };
  await assert.rejects(readHostRuns(['h1'], hosts, signal), TypeError);
});
