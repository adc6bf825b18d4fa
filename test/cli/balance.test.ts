// The commands of the balancer where no tor is needed: what is refused before it starts, and what there is to see.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runIn } from './harness.ts';

const address = '25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion';

describe('balance', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tearless-balance-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const refusedRun = async (config: string, ...options: string[]): Promise<{ exitCode: number; stderr: string }> => {
    await writeFile(join(directory, 'config.yaml'), config);
    return runIn(directory, ['balance', 'run', '--config', 'config.yaml', ...options]);
  };
  const config = `services:\n- key: front.key\n  instances:\n  - address: ${address}\n`;

  it('run names the file that is missing, the address that is none, and the key that is none', async () => {
    const missing = await refusedRun(config);
    assert.equal(missing.exitCode, 64);
    assert.match(missing.stderr, /front\.key cannot be read/);
    const mistyped = await refusedRun(config.replace('25n', '26n'));
    assert.equal(mistyped.exitCode, 64);
    assert.match(mistyped.stderr, /is not an onion address: its checksum is wrong/);
    await writeFile(join(directory, 'front.key'), 'secret words', { mode: 0o600 });
    const noKey = await refusedRun(config);
    assert.equal(noKey.exitCode, 64);
    assert.match(noKey.stderr, /front\.key is in neither of the forms/);
    assert.doesNotMatch(noKey.stderr, /secret words/);
  });

  it('run takes no policy that there is not, and asks for a configuration', async () => {
    assert.equal((await refusedRun(config, '--policy', 'all')).exitCode, 64);
    assert.equal((await runIn(directory, ['balance', 'run'])).exitCode, 64);
  });

  it('status, maps and explain say so when nothing was ever balanced', async () => {
    const status = await runIn(directory, ['balance', 'status', '--json']);
    assert.equal(status.exitCode, 0, status.stderr);
    assert.deepEqual(JSON.parse(status.stdout), { schema: 'tearless.balance-status/v1', frontends: [] });
    assert.match((await runIn(directory, ['balance', 'maps'])).stdout, /nothing was published yet/);
    const explained = await runIn(directory, ['balance', 'explain', address]);
    assert.equal(explained.exitCode, 1);
    assert.match(explained.stderr, /no balanced service has the address/);
  });
});
