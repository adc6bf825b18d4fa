import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInDirectory } from './harness.ts';
import { seedState } from './seeded-state.ts';

// Nothing listens on port 1: the host is declared and does not answer.
const files = {
  'tearless.yaml': `version: 1
fleet: demo
hosts: { h1: { address: 127.0.0.1, port: 1 } }
relays: [h1/a]
`,
};
const seeded = () => seedState([{ run: '20260101-120000-aaaa', fleet: 'demo', createdMs: 0, outcome: 'done' }]);

describe('run ls --hosts', () => {
  it('lists what is known here, names the host that does not answer, and ends with 4', async () => {
    await using state = await seeded();
    const { exitCode, stdout, stderr } = await runInDirectory(['run', 'ls', '--hosts'], files, state.env);
    assert.equal(exitCode, 4);
    assert.match(stdout, /20260101-120000-aaaa/);
    assert.match(stderr, /no answer ssh-unreachable h1: .*Connection refused/);
  });

  it('gives the same as JSON', async () => {
    await using state = await seeded();
    const { exitCode, stdout } = await runInDirectory(['run', 'ls', '--hosts', '--json'], files, state.env);
    const value = JSON.parse(stdout);
    assert.equal(exitCode, 4);
    assert.deepEqual([value.schema, value.runs.length, value.onHosts], ['tearless.run-list/v1', 1, []]);
    assert.deepEqual([value.unreachable[0].host, value.unreachable[0].code], ['h1', 'ssh-unreachable']);
  });
});

describe('a run that this machine does not know', () => {
  for (const verb of ['show', 'resume', 'undo'])
    it(`run ${verb} says how to take up another operator's`, async () => {
      await using state = await seeded();
      const { exitCode, stderr } = await runInDirectory(['run', verb, '20259999-x'], files, state.env);
      assert.equal(exitCode, 1);
      assert.match(stderr, /there is no run 20259999-x/);
      assert.match(stderr, /tearless run undo 20259999-x --from-hosts/);
    });
});

describe('a run whose journal cannot be read', () => {
  it('stands in the way of none but itself', async () => {
    await using state = await seedState([
      { run: '20260101-120000-aaaa', fleet: 'demo', createdMs: 0, outcome: 'done', plan: '{"plan":{}}' },
      { run: '20260102-120000-bbbb', fleet: 'demo', createdMs: 1, outcome: 'done' },
    ]);
    const show = (name: string) => runInDirectory(['run', 'show', name], files, state.env);
    for (const name of ['last', '20260102', '20260102-120000-bbbb']) {
      const { exitCode, stdout, stderr } = await show(name);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /^run 20260102-120000-bbbb of fleet demo\n/);
    }
    assert.match(
      (await show('20260101')).stderr,
      /^error change-journal-damaged: the plan of run 20260101-120000-aaaa/,
    );
  });
});
