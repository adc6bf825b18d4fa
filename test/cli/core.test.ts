import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listCommands, listNounsDeep } from '../../packages/tearless/src/cli/core/registry.ts';
import { runIn, runInDirectory } from './harness.ts';

const config = `version: 1
fleet: demo
hosts: { h1: {} }
relays: [h1/a]
`;

describe('the command line', () => {
  it('prints its version', async () => {
    assert.match((await runInDirectory(['--version'])).stdout, /^tearless \d+\.\d+\.\d+\n$/);
    assert.equal(JSON.parse((await runInDirectory(['--version', '--json'])).stdout).schema, 'tearless.version/v1');
  });

  it('shows every noun and command in its help, and every verb and noun within in its noun’s', async () => {
    for (const { name } of await listNounsDeep()) {
      const words = name.split(' ');
      const above = (await runInDirectory([...words.slice(0, -1), '--help'])).stdout;
      assert.match(above, new RegExp(`^  ${words.at(-1)} `, 'm'));
      const noun = (await runInDirectory([...words, '--help'])).stdout;
      for (const entry of listCommands(name)) {
        const command = await entry.load();
        if (command.hidden !== true) assert.match(noun, new RegExp(`^  ${entry.path.at(-1)} `, 'm'));
      }
    }
  });

  it('every command has help with an example that starts with its name', async () => {
    const entries = [...listCommands(), ...(await listNounsDeep()).flatMap(({ name }) => listCommands(name))];
    assert.ok(entries.length > 0);
    for (const entry of entries) {
      const { exitCode, stdout } = await runInDirectory([...entry.path, '--help']);
      assert.equal(exitCode, 0, entry.path.join(' '));
      const command = await entry.load();
      if (command.hidden !== true)
        assert.ok(command.examples[0]?.[0].startsWith(`tearless ${entry.path.join(' ')}`), entry.path.join(' '));
      assert.match(stdout, /Examples/);
    }
  });

  const wrong: [string[], RegExp][] = [
    [['confg'], /there is no command 'confg'[\s\S]*did you mean 'config'/],
    [['config', 'chek'], /no verb 'chek'[\s\S]*did you mean 'check'/],
    [['config', 'show', '--orign'], /unknown option '--orign'[\s\S]*did you mean '--origin'/],
    [['config', 'show', 'extra'], /'extra' is one word too many/],
    [['config', 'show', '--config'], /'--config' needs a value: FILE/],
    [['config', 'show', '--origin=x'], /'--origin' takes no value/],
    [['config', 'show', '--config', 'a', '--config', 'b'], /stands twice/],
    [['../config/check'], /there is no command/],
  ];
  for (const [words, expected] of wrong)
    it(`refuses '${words.join(' ')}' with exit code 64 and what to do`, async () => {
      const run = await runInDirectory(words, { 'tearless.yaml': config });
      assert.equal(run.exitCode, 64);
      assert.equal(run.stdout, '');
      assert.match(run.stderr, expected);
    });

  it('gives errors as JSON when asked to', async () => {
    const { exitCode, stdout, stderr } = await runInDirectory(['config', 'check', '--json']);
    assert.equal(exitCode, 64);
    assert.equal(stderr, '');
    const { error } = JSON.parse(stdout);
    assert.equal(error.code, 'config-missing');
    assert.equal(error.kind, 'config');
    assert.match(error.hint, /tearless init/);
  });

  it('gives every problem of a configuration to programs, with its line and column', async () => {
    const text = `${config}restart: { soka: 1s, maxFail: some }\n`;
    const { exitCode, stdout } = await runInDirectory(['config', 'check', '--json'], { 'tearless.yaml': text });
    const { error } = JSON.parse(stdout);
    const line = text.split('\n').length - 1;
    assert.equal(exitCode, 64);
    assert.deepEqual(
      error.problems.map((problem: { code: string; line: number; column: number; suggestion?: string }) => [
        problem.code,
        problem.line,
        problem.column,
        problem.suggestion ?? null,
      ]),
      [
        ['config-unknown-key', line, 12, "did you mean 'soak'?"],
        ['config-wrong-type', line, 31, null],
      ],
    );
  });

  it('finds the configuration by option, by environment, then nearest upward', async () => {
    const other = config.replace('demo', 'other');
    const read = async (words: string[], env = {}) =>
      JSON.parse(
        (
          await runInDirectory(
            ['config', 'check', '--json', ...words],
            { 'tearless.yaml': config, 'other.yaml': other },
            env,
          )
        ).stdout,
      ).fleet;
    assert.equal(await read([]), 'demo');
    assert.equal(await read([], { TEARLESS_CONFIG: 'other.yaml' }), 'other');
    assert.equal(await read(['--config', 'other.yaml'], { TEARLESS_CONFIG: 'none.yaml' }), 'other');
  });

  it('finds the user’s own configuration where there is no other', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'tearless-cli-'));
    try {
      for (const base of ['.config', 'elsewhere']) {
        await mkdir(join(cwd, base, 'tearless'), { recursive: true });
        await writeFile(join(cwd, base, 'tearless', 'tearless.yaml'), config.replace('demo', base.replace('.', '')));
      }
      const fleet = async (env: Readonly<Record<string, string>>) =>
        JSON.parse((await runIn(cwd, ['config', 'check', '--json'], env)).stdout).fleet;
      assert.equal(await fleet({}), 'config');
      assert.equal(await fleet({ XDG_CONFIG_HOME: '' }), 'config');
      assert.equal(await fleet({ XDG_CONFIG_HOME: join(cwd, 'elsewhere') }), 'elsewhere');
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  });

  it('reports a wrong configuration with file:line:column and touches nothing', async () => {
    const { exitCode, stderr } = await runInDirectory(['config', 'check'], {
      'tearless.yaml': config.replace('fleet', 'fleat'),
    });
    assert.equal(exitCode, 64);
    assert.match(stderr, /tearless\.yaml:2:1: unknown key 'fleat'; did you mean 'fleet'\?/);
  });

  it('says where each value came from', async () => {
    const { stdout } = await runInDirectory(['config', 'show', '--origin'], { 'tearless.yaml': config });
    assert.match(stdout, /^fleet = demo {3}# .*tearless\.yaml:2:1$/m);
    assert.match(stdout, /^restart\.maxFail = 0 {3}# default$/m);
  });
});
