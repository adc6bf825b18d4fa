// What an update is made from is looked at once more when its turn comes: builds lie in directories that anybody may have built in since.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { StepContext } from '../../../change/step.ts';
import type { LiveBuild } from '../live-build.ts';
import type { LiveMeans } from '../means.ts';
import { injectStep } from './inject.ts';

const ids = { program: 'aa'.repeat(20), to: 'bb'.repeat(20), other: 'cc'.repeat(20) };
const maps = '55500000-55501000 r-xp 00000000 00:00 1 /tor\n';

const context = {
  host: {
    name: 'h1',
    call: async (verb: string) => {
      const look = `42 7 ${ids.program} 55500000 ${maps.length} /tor\n${maps}`;
      return { exitCode: 0, stdout: Buffer.from(verb === 'live-look' ? look : ''), stderr: '' };
    },
  },
  signal: new AbortController().signal,
} as unknown as StepContext;

it('a build that is another one by now is not what the process was started from', async () => {
  const built: Readonly<Record<string, string>> = { '/from': ids.program, '/to': ids.to, '/program': ids.other };
  const means = {
    readBuild: (directory: string) => ({ manifest: { buildId: built[directory] } }) as LiveBuild,
  } as LiveMeans;
  const step = injectStep(means);
  const params = step.params.parse({
    instance: 'a',
    key: '/key',
    injector: { path: '/injector', sha256: 'dd'.repeat(32) },
    maxPauseUs: 10_000,
    from: ids.program,
    to: ids.to,
    builds: { from: '/from', to: '/to', program: '/program' },
    rules: null,
  });
  const census = { version: '1', circuits: 0, connections: 0, streams: 0, readBytes: 0, writtenBytes: 0 };
  const memory = step.memory.parse({ pid: 42, startTicks: '7', updates: 0, census });
  await assert.rejects(step.do(context, params, memory), {
    code: 'live-other-build',
    message: /\/program is another build by now/,
  });
});
