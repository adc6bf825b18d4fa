import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runInDirectory } from './harness.ts';
import { goneHolder, seedState } from './seeded-state.ts';

interface Check {
  readonly name: string;
  readonly subject: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly hint: string | null;
}

const down = 'version: 1\nfleet: demo\nhosts: { h1: { address: 127.0.0.1, port: 1 } }\nrelays: [h1/a]\n';
const hostless = 'version: 1\nfleet: demo\nhosts: {}\nrelays: []\n';
const path = { PATH: '/usr/bin:/bin' };

const doctor = async (files: Record<string, string>, env: Record<string, string> = path) => {
  const run = await runInDirectory(['doctor', '--json'], files, env);
  const { schema, problems, checks } = JSON.parse(run.stdout);
  assert.equal(schema, 'tearless.doctor/v1');
  return { ...run, problems, checks: checks as Check[] };
};

describe('tearless doctor', () => {
  it('finds nothing wrong where nothing is, and makes nothing', async () => {
    const { exitCode, checks, problems, files } = await doctor({ 'tearless.yaml': hostless });
    assert.deepEqual(
      checks.map(({ name, outcome }) => `${name} ${outcome}`),
      ['node ok', 'openssh ok', 'configuration ok', 'state ok'],
    );
    assert.deepEqual([exitCode, problems], [0, 0]);
    assert.deepEqual(Object.keys(files), ['tearless.yaml']);
  });

  it('names a missing configuration and what makes one', async () => {
    const { exitCode, checks } = await doctor({});
    const found = checks.find(({ name }) => name === 'configuration');
    assert.equal(exitCode, 7);
    assert.equal(found?.code, 'config-missing');
    assert.match(found?.hint ?? '', /tearless init/);
  });

  it('names every problem of a wrong configuration with its place', async () => {
    const { exitCode, stdout } = await runInDirectory(['doctor'], { 'tearless.yaml': 'version: 2\nfleat: x\n' }, path);
    assert.equal(exitCode, 7);
    assert.match(stdout, /problem +configuration +.*tearless\.yaml:1:/);
    assert.match(stdout, /tearless\.yaml:2:1: unknown key 'fleat'/);
  });

  it('names a host that does not answer once, and a run that was left unfinished', async () => {
    await using state = await seedState([
      { run: 'r1', fleet: 'demo', createdMs: 1, outcome: 'done' },
      { run: 'r2', fleet: 'demo', createdMs: 2, lockedBy: goneHolder() },
    ]);
    const { exitCode, checks } = await doctor({ 'tearless.yaml': down }, { ...path, ...state.env });
    assert.equal(exitCode, 7);
    assert.deepEqual(
      checks.filter(({ outcome }) => outcome === 'problem').map(({ name, subject }) => `${name} ${subject}`),
      ['runs r2', 'reach h1'],
    );
  });

  it('says so when the state database cannot be read', async () => {
    await using state = await seedState([]);
    writeFileSync(join(state.env.XDG_STATE_HOME, 'tearless', 'state.db'), 'no database at all');
    const { exitCode, checks } = await doctor({ 'tearless.yaml': hostless }, { ...path, ...state.env });
    assert.equal(exitCode, 7);
    const found = checks.find(({ name }) => name === 'state');
    assert.equal(found?.outcome, 'problem');
    assert.match(found?.code ?? '', /^store-/);
  });
});
