import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' });

test('an unknown benchmark or option is refused with what there is, and nothing is run', () => {
  for (const argument of ['nonsense', '--nonsense']) {
    const { status, stdout, stderr } = bench(argument);
    assert.deepEqual([status, stdout], [64, '']);
    assert.match(stderr, /balancer.*cli-start.*facts.*fleet-operations.*lab.*plan/);
  }
});
