import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { InjectorOperation } from './encode-plan.ts';
import { type InjectorDoor, parseReport, runInjector } from './run-injector.ts';
import { compilePrograms, inject, type Programs, Target } from './testing/injected-program.ts';

let programs: Programs;
before(() => {
  programs = compilePrograms();
});
after(() => rmSync(programs.folder, { recursive: true }));

const here: InjectorDoor = {
  host: 'here',
  inject: async (mode, plan, args) => {
    const { status, stdout, stderr } = inject(programs.shipped, mode, plan, { args });
    return { exitCode: status ?? -1, stdout, stderr: stderr.toString() };
  },
};

const limits = { maxPauseUs: 2_000_000, findUs: 20_000_000 };

describe('the way to the injector', () => {
  it('has a plan carried out and tells what it cost', async () => {
    await using target = await Target.start(programs);
    const report = await runInjector(here, { mode: 'apply', plan: target.update(3), ...limits });
    assert.equal(report.threads, 4);
    assert.ok(report.pauseUs > 0 && report.mapPauseUs > 0);
    assert.deepEqual(await target.ask(), [3, 30, 0, 0]);
  });

  it('throws what went wrong, with what can be done about it', async () => {
    await using target = await Target.start(programs);
    const operations = [{ kind: 'hook', address: target.address('hook_fails') } as const];
    await assert.rejects(runInjector(here, { mode: 'apply', plan: target.plan(operations), ...limits }), {
      code: 'live-inject-undone',
      kind: 'failed',
      message: `here: process ${target.pid}: a hook returned 3 (hook-failed)`,
    });
    const told = operations.map((one) => ({ ...one, steps: ['calls a', 'calls b', 'calls c'] }));
    await assert.rejects(runInjector(here, { mode: 'apply', plan: target.plan(told), ...limits }), {
      message: `here: process ${target.pid}: a hook returned 3: its step 3 failed, which calls c (hook-failed)`,
    });
    const rejects = (operations: readonly InjectorOperation[], kind: 'apply' | 'rollback', hint: RegExp) =>
      assert.rejects(runInjector(here, { mode: kind, plan: target.plan(operations, kind), ...limits }), { hint });
    const at = target.address('answer');
    const other: InjectorOperation = { kind: 'expect', address: at, bytes: Buffer.from('other') };
    await rejects([other], 'apply', /make the plan anew/);
    await rejects([other], 'rollback', /ordinary restart/);
    const taken: InjectorOperation = { kind: 'map', address: at & ~0xfffn, sizeBytes: 4096, protection: 'r' };
    await rejects([taken], 'apply', /try again/);
    const plan = { ...target.plan(operations), startTicks: 1n };
    await assert.rejects(runInjector(here, { mode: 'check', plan, ...limits }), { code: 'live-inject-refused' });
  });

  it('does not believe an answer that does not fit', () => {
    const done = {
      schema: 'tearless.injector/v1',
      mode: 'apply',
      result: 'done',
      reason: '',
      detail: '',
      pauseUs: 1,
      mapPauseUs: 1,
      retries: 0,
      threads: 1,
      seccompSuspended: true,
      leftMappedBytes: 0,
    };
    const answer = (exitCode: number, value: unknown) => ({
      exitCode,
      stdout: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      stderr: '',
    });
    assert.equal(parseReport('here', answer(0, done)).result, 'done');
    for (const strange of [answer(4, done), answer(137, ''), answer(0, { ...done, pauseUs: -1 }), answer(1, 'usage')])
      assert.throws(() => parseReport('here', strange), { code: 'live-injector-strange', kind: 'protocol' });
  });
});
