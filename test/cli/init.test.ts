import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../packages/tearless/src/config/parse.ts';
import { runInDirectory } from './harness.ts';

describe('tearless init', () => {
  it('writes a configuration that is right, and the schema that its first line names', async () => {
    const { exitCode, stdout, files } = await runInDirectory(['init', '--fleet', 'mine']);
    assert.equal(exitCode, 0);
    const text = files['tearless.yaml'] ?? '';
    assert.deepEqual(parseConfig(text, 'tearless.yaml'), { version: 1, fleet: 'mine', hosts: {}, relays: [] });
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
    assert.equal(JSON.parse(files[schema] ?? '').type, 'object');
    assert.match(stdout, /tearless host add/);
  });

  it('takes the folder for the fleet’s name', async () => {
    const { files } = await runInDirectory(['init']);
    assert.match(parseConfig(files['tearless.yaml'] ?? '', 'tearless.yaml').fleet, /^tearless-cli-/);
  });

  it('writes a first fleet of ten lines', async () => {
    const { files } = await runInDirectory(['init', '--example', '--fleet', 'mine']);
    const text = files['tearless.yaml'] ?? '';
    assert.equal(text.trimEnd().split('\n').length, 10);
    assert.deepEqual(parseConfig(text, 'tearless.yaml').relays, ['h1/alpha', 'h1/beta']);
  });

  it('never writes over a file', async () => {
    const { exitCode, stderr, files } = await runInDirectory(['init'], {
      'tearless.yaml': 'mine',
      'tearless.schema.json': '{}',
    });
    assert.equal(exitCode, 5);
    assert.match(stderr, /cli-file-exists.*tearless\.yaml is there already/);
    assert.deepEqual(files, { 'tearless.yaml': 'mine', 'tearless.schema.json': '{}' });
  });

  it('leaves a schema that is there, and writes where --config says', async () => {
    const { exitCode, files } = await runInDirectory(['init', '--config', 'other.yaml', '--json'], {
      'tearless.schema.json': '{}',
    });
    assert.equal(exitCode, 0);
    assert.equal(files['tearless.schema.json'], '{}');
    assert.equal(files['tearless.yaml'], undefined);
    parseConfig(files['other.yaml'] ?? '', 'other.yaml');
  });

  it('refuses a name that no fleet can have', async () => {
    const { exitCode, files } = await runInDirectory(['init', '--fleet', 'a b']);
    assert.equal(exitCode, 64);
    assert.deepEqual(files, {});
  });
});
