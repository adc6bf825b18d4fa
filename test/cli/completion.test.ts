import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runInDirectory } from './harness.ts';
import { seedState } from './seeded-state.ts';

const config = 'version: 1\nfleet: demo\nhosts: { h1: {}, h2: {} }\nrelays: [h1/alpha, h2/beta]\n';

const complete = async (...words: string[]) =>
  (await runInDirectory(['complete', '--', ...words], { 'tearless.yaml': config })).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0]);

describe('completion', () => {
  it('knows nouns, verbs and options', async () => {
    assert.deepEqual(await complete('conf'), ['config']);
    assert.deepEqual(await complete('config', 'ch'), ['check']);
    assert.deepEqual(await complete('config', 'show', '--or'), ['--origin']);
    assert.deepEqual(await complete('config', 'show', '--origin', '--or'), []);
    assert.deepEqual(await complete('completion', ''), ['bash', 'zsh', 'fish']);
  });

  it('knows hosts, relays and runs, the newest run first', async () => {
    await using state = await seedState([
      { run: '20260101-100000', fleet: 'demo', createdMs: 1, outcome: 'done' },
      { run: '20260102-100000', fleet: 'demo', createdMs: 2 },
    ]);
    const words = async (...before: string[]) =>
      (await runInDirectory(['complete', '--', ...before], { 'tearless.yaml': config }, state.env)).stdout.split(
        /\t\n/,
      );
    assert.deepEqual(await words('run', 'show', ''), ['20260102-100000', '20260101-100000', '']);
    assert.deepEqual(await words('run', 'show', '20260101'), ['20260101-100000', '']);
    assert.deepEqual(await words('host', 'check', 'h1', ''), ['h1', 'h2', '']);
    assert.deepEqual(await words('relay', 'ls', '--limit', 'h2'), ['h2/beta', '']);
  });

  it('knows onion services and their workers', async () => {
    const onions =
      'onions:\n  shop:\n    key: shop.key\n    ports: [80]\n    workers: { w1: { host: h1 }, w2: { host: h2 } }\n';
    const words = async (...before: string[]) =>
      (await runInDirectory(['complete', '--', 'balance', ...before], { 'tearless.yaml': `${config}${onions}` }))
        .stdout;
    for (const before of [
      ['run', ''],
      ['plan', 'sh'],
      ['deploy', ''],
      ['clients', 'add', 'ann', ''],
    ])
      assert.equal(await words(...before), 'shop\t\n');
    assert.equal(await words('drain', 'shop/'), 'shop/w1\t\nshop/w2\t\n');
    assert.equal(await words('undrain', 'shop/w2'), 'shop/w2\t\n');
  });

  it('makes no state where there is none', async () => {
    const run = await runInDirectory(['complete', '--', 'run', 'show', ''], {});
    assert.deepEqual([run.exitCode, run.stdout, run.files], [0, '', {}]);
  });

  it('gives nothing, and no error, where the configuration is wrong', async () => {
    const run = await runInDirectory(['complete', '--', 'config', 'x'], { 'tearless.yaml': 'a: [' });
    assert.deepEqual([run.exitCode, run.stdout, run.stderr], [0, '', '']);
  });

  it('works in a real bash', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tearless-bash-'));
    try {
      writeFileSync(join(directory, 'tearless.yaml'), config);
      const launcher = join(import.meta.dirname, '..', '..', 'tearless');
      const script = `tearless() { "${launcher}" "$@"; }
eval "$(tearless completion bash)"
COMP_WORDS=(tearless config ch); COMP_CWORD=2; _tearless; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: directory, encoding: 'utf8' });
      assert.equal(stdout, 'check\n', stderr);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('refuses an unknown shell', async () => {
    assert.equal((await runInDirectory(['completion', 'tcsh'])).exitCode, 64);
  });
});
