// What an update is made from is looked at once more when its turn comes: builds lie in directories that anybody may have built in since.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { StepContext } from '../../../change/step.ts';
import { parseRules } from '../../rules/rules.ts';
import type { UpdateRecord } from '../../status/process-record.ts';
import type { LiveBuild } from '../live-build.ts';
import type { LiveMeans } from '../means.ts';
import { sampleUpdate } from '../testing/samples.ts';
import { injectStep } from './inject.ts';

const ids = { program: 'aa'.repeat(20), to: 'bb'.repeat(20), other: 'cc'.repeat(20) };
const maps = '55500000-55501000 r-xp 00000000 00:00 1 /tor\n';

/** @param updates that its host keeps of the process */
const contextOf = (...updates: readonly UpdateRecord[]): StepContext => contextOfOne(ids.program, updates);
/** @param program that the process was started from */
const contextOfOne = (program: string, updates: readonly UpdateRecord[] = []): StepContext => {
  const look = `42 7 ${program} 55500000 ${maps.length} /tor\n${maps}`;
  const record = { schema: 'tearless.live-process/v1', pid: 42, startTicks: '7', program, updates };
  const call = async (verb: string) => {
    const said = verb === 'live-look' ? look : verb === 'live-record-show' ? JSON.stringify(record) : '';
    return { exitCode: 0, stdout: Buffer.from(said), stderr: '' };
  };
  return { host: { name: 'h1', call }, signal: new AbortController().signal, run: 'r' } as unknown as StepContext;
};

/** @param program the build that lies where the one lay that the process was started from. @param rules beside it */
const bindInject = (program: string, rules?: string) => {
  const built: Readonly<Record<string, string>> = { '/from': ids.program, '/to': ids.to, '/program': program };
  const means = {
    readBuild: (directory: string) => ({ manifest: { buildId: built[directory] } }) as LiveBuild,
    readRules: (path: string, sha256: string) => {
      assert.equal(sha256, 'ee'.repeat(32), 'those that were planned with');
      return parseRules(rules ?? '', path);
    },
  } as LiveMeans;
  const step = injectStep(means);
  const params = step.params.parse({
    instance: 'a',
    key: '/key',
    injector: { path: '/injector', sha256: 'dd'.repeat(32) },
    maxPauseUs: 10_000,
    from: ids.program,
    to: ids.to,
    builds: { from: '/from', to: '/to', program: '/program', between: [] },
    rules: rules === undefined ? null : { path: '/rules', sha256: 'ee'.repeat(32) },
  });
  const census = { version: '1', circuits: 0, connections: 0, streams: 0, readBytes: 0, writtenBytes: 0 };
  return { step, params, memory: step.memory.parse({ pid: 42, startTicks: '7', updates: 0, census }) };
};
const inject = (context: StepContext, program: string, rules?: string): Promise<void> => {
  const { step, params, memory } = bindInject(program, rules);
  return step.do(context, params, memory);
};

it('a build that is another one by now is not what the plan was made with, whichever it is', async () => {
  const { step, params, memory } = bindInject(ids.program);
  const doing = (changed: object): Promise<void> => step.do(contextOf(), { ...params, ...changed }, memory);
  for (const [changed, message] of [
    [{ from: ids.other }, /it runs \w+…, and the plan was made for/],
    [{ builds: { ...params.builds, from: params.builds.to } }, /another build by now than what it runs$/],
    [{ to: ids.other }, /another build by now than it shall become$/],
  ] as const)
    await assert.rejects(doing(changed), { code: 'live-other-build', message });
});

it('a build that is another one by now is not what the process was started from', async () => {
  await assert.rejects(inject(contextOf(), ids.other), {
    code: 'live-other-build',
    message: /\/program is another build by now/,
  });
});

const zero = 'schema: tearless.live-rules/v1\nmembers: { struct conn.late: zero }\n';

it('a rule takes no room for zero that another update may have written to', async () => {
  const undone = sampleUpdate('undone', ids.program, ids.other);
  await assert.rejects(inject(contextOf(undone), ids.program, zero), { code: 'live-room-used', message: /tor 1\.1/ });
});

it('nor that a build had a member in which the process ran before, and which the plan does not know', async () => {
  const context = contextOf(sampleUpdate('done', ids.program, ids.other), sampleUpdate('done', ids.other, ids.program));
  const message = new RegExp(`it ran ${ids.other.slice(0, 16)}… before`);
  await assert.rejects(inject(context, ids.program, zero), { code: 'live-other-build', message });
});

it('an update is not taken back from under one that another run made on top of it', async () => {
  const [own, newer] = [sampleUpdate('done', ids.program, ids.to), sampleUpdate('done', ids.to, ids.other)];
  const { step, params, memory } = bindInject(ids.program);
  const another = { ...newer, run: 'another' };
  for (const undo of [step.mayUndo, step.undo])
    await assert.rejects(undo?.(contextOf(own, another), params, memory) ?? Promise.resolve(), {
      code: 'live-update-newer',
      hint: 'first undo the run another',
    });
  await step.mayUndo?.(contextOf(own, newer), params, memory);
  await step.mayUndo?.(contextOf(own, another), params, { ...memory, startTicks: '6' });
});

it('a relay that was restarted meanwhile, and began as what it was to become, is that; it goes back by a restart alone', async () => {
  const { step, params, memory } = bindInject(ids.program);
  const former = { ...memory, startTicks: '6' };
  const begun = contextOfOne(ids.to);
  assert.deepEqual(await step.verify(begun, params, former), { mainPid: 42, build: ids.to, restarted: true });
  await step.mayUndo?.(begun, params, former);
  await assert.rejects(step.undo(begun, params, former), {
    code: 'live-begun-as',
    hint: /restart tor@a' on h1.* run undo r'/,
  });
  // Before its turn.
  assert.deepEqual(await step.verify(begun, params, memory), { mainPid: 42, build: ids.to, restarted: true });
  await assert.rejects(step.undo(begun, params, memory), { code: 'live-begun-as' });
  // As before by now.
  await step.undo(contextOf(), params, former);
  await assert.rejects(step.verify(contextOf(), params, former), { code: 'live-not-applied' });
});

it('a relay that shall be what it was started from is that once what was in doubt is settled', async () => {
  const { step, params, memory } = bindInject(ids.program);
  const settled = { ...params, from: ids.program, to: ids.program };
  const context = contextOf(sampleUpdate('undone', ids.program, ids.to));
  assert.deepEqual(await step.verify(context, settled, memory), { mainPid: 42, build: ids.program });
  await step.undo(context, settled, memory);
});
