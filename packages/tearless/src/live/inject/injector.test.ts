// The injector as it is compiled with sanitisers, on a program with worker threads and an open socket.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, linkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePlan, type InjectorOperation, reversePlan } from './encode-plan.ts';
import { parseReport } from './run-injector.ts';
import { compilePrograms, inject, type Programs, Target } from './testing/injected-program.ts';

let programs: Programs;
before(() => {
  programs = compilePrograms();
});
after(() => rmSync(programs.folder, { recursive: true }));

/** The machine may be busy: what is tested here is not how long it takes. */
const patient = { args: ['--max-pause-us', '2000000', '--find-us', '20000000'] };
const hook = (target: Target, name: string): InjectorOperation => ({ kind: 'hook', address: target.address(name) });
const reportOf = (text: Uint8Array): { result: string; reason: string } => JSON.parse(Buffer.from(text).toString());

describe('the injector', () => {
  for (const how of ['epoll', 'epoll_pwait', 'poll', 'select'])
    it(`carries a program that waits in ${how} over 200 updates with its socket open, and back byte for byte`, async () => {
      await using target = await Target.start(programs, how);
      const entry = target.read(target.address('answer'), 16);
      assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
      const plans = [];
      for (let turn = 0; turn < 200; turn++) {
        const plan = target.update(turn, turn, [hook(target, 'hook_works')]);
        const program = turn % 10 === 0 ? programs.injector : programs.shipped;
        target.signal('SIGUSR1');
        const { report } = target.run(plan, { ...patient, program });
        assert.equal(report.result, 'done', report.detail);
        assert.deepEqual(await target.ask(), [turn, turn * 10, turn + 1, turn + 1]);
        plans.push(plan);
      }
      for (const plan of plans.reverse()) {
        const { report } = target.run(reversePlan(plan), { ...patient, program: programs.shipped });
        assert.equal(report.result, 'done', report.detail);
      }
      assert.deepEqual(await target.ask(), [1, 7, 200, 200]);
      assert.deepEqual(target.read(target.address('answer'), 16), entry);
    });

  for (const [name, reason] of [
    ['hook_fails', 'hook-failed'],
    ['hook_loops', 'hook-deadline'],
    ['hook_sleeps', 'hook-deadline'],
    ['hook_crashes', 'hook-crashed'],
    ['hook_aborts', 'hook-crashed'],
  ] as const)
    it(`undoes everything but its memory at the same stop when a hook ends as ${name} does`, async () => {
      await using target = await Target.start(programs);
      const plan = target.update(42, 0, [hook(target, name)]);
      const { status, report } = target.run(plan, { args: [...patient.args, '--hook-us', '100000'] });
      assert.deepEqual([status, report.reason, report.leftMappedBytes], [4, reason, 4096]);
      assert.deepEqual(await target.ask(), [1, 7, 1, 0]);
      // What ran may have left pointers into it.
      assert.deepEqual([...target.read(target.near(0), 2)], [0xb8, 42]);
      assert.equal(target.run(target.update(43, 1), patient).report.result, 'done');
      assert.deepEqual((await target.ask()).slice(0, 2), [43, 430]);
    });

  it('delivers a signal that comes while a hook runs, afterwards', async () => {
    await using target = await Target.start(programs);
    assert.equal(target.run(target.update(2, 0, [hook(target, 'hook_signals')]), patient).report.result, 'done');
    assert.deepEqual(await target.ask(), [2, 20, 1, 1]);
  });

  it('lets a stop signal that comes while a hook runs take effect afterwards', async () => {
    await using target = await Target.start(programs);
    assert.equal(target.run(target.update(2, 0, [hook(target, 'hook_stops')]), patient).report.result, 'done');
    while (!target.isStopped) await new Promise(setImmediate);
    target.signal('SIGCONT');
    assert.deepEqual(await target.ask(), [2, 20, 1, 0]);
  });

  for (const name of ['hook_exits', 'hook_kills'])
    it(`reports a target that ends half way, as in ${name}`, async () => {
      await using target = await Target.start(programs);
      const { status, report } = target.run(target.update(2, 0, [hook(target, name)]), patient);
      assert.deepEqual([status, report.result], [5, 'gone']);
      await target.ended();
    });

  it('reports a target that has ended', async () => {
    const target = await Target.start(programs);
    const plan = target.update(2);
    await target[Symbol.asyncDispose]();
    assert.equal(target.run(plan).report.result, 'gone');
  });

  it('gives up when workers stay busy, and leaves them so', async () => {
    await using target = await Target.start(programs, 'epoll', 2, 'busy');
    const maps = target.maps;
    const { status, report } = target.run(target.update(2), { args: ['--find-us', '200000'] });
    assert.deepEqual([status, report.reason, report.leftMappedBytes], [3, 'threads-busy', 0]);
    assert.ok(report.retries > 0);
    assert.equal(target.maps, maps);
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });

  it('lets the main thread go on while workers stop faster than they can be looked at, and says how long it was held', async () => {
    await using target = await Target.start(programs, 'epoll', 32, 'calls');
    const { status, report } = target.run(target.update(2), {
      args: ['--max-pause-us', '1000', '--find-us', '2000000'],
    });
    assert.deepEqual([status, report.reason, report.leftMappedBytes], [3, 'threads-busy', 0]);
    // Held all the time, it would not have been tried again.
    assert.ok(report.retries >= 5 && report.pauseUs > 0, `${report.retries} times, ${report.pauseUs} us`);
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });

  for (const nth of [1, 2, 3, 8])
    for (const [name, status, answer] of [
      ['hook_works', 0, [5, 50]],
      ['hook_fails', 4, [1, 7]],
      ['hook_exits', 5, undefined],
    ] as const)
      it(`stops workers that are at work at wait ${nth} of each, the main thread at its own, and ${name} is all there is to tell`, async () => {
        await using target = await Target.start(programs, 'epoll', 3, 'turns');
        const faults = `main-wait=${nth},worker-wait=${nth}`;
        const ticks = setInterval(() => target.signal('SIGUSR1'), 5);
        try {
          const done = await target.runAside(target.update(5, 0, [hook(target, name)]), { ...patient, faults });
          assert.equal(done.status, status, done.report.detail);
        } finally {
          clearInterval(ticks);
        }
        if (answer === undefined) return await target.ended();
        assert.deepEqual((await target.ask()).slice(0, 3), [...answer, 1]);
        await target.worksOn();
      });

  for (const [faults, reason] of [
    ['main-wait=1000000', 'never-waits'],
    ['worker-wait=1000000', 'threads-busy'],
  ] as const)
    it(`gives up on a wait that does not come (${faults})`, async () => {
      await using target = await Target.start(programs, 'epoll', 3, 'turns');
      const maps = target.maps;
      const { status, report } = target.run(target.update(2), { args: ['--find-us', '50000'], faults });
      assert.deepEqual([status, report.reason, report.leftMappedBytes], [3, reason, 0]);
      assert.equal(target.maps, maps);
      await target.worksOn();
    });

  it('gives up on a main thread that never waits', async () => {
    await using target = await Target.start(programs, 'epoll', 1, 'rest', 'never');
    const { status, report } = target.run(target.update(2), { args: ['--find-us', '50000'] });
    assert.deepEqual([status, report.reason], [3, 'never-waits']);
  });

  it('works in spite of a filter on system calls, and says so where it may not', async () => {
    await using target = await Target.start(programs, 'epoll', 3, 'rest', 'seccomp');
    const plan = target.update(9);
    for (const faults of ['suspend=1', 'admin=0']) {
      const { status, report } = target.run(plan, { ...patient, faults });
      assert.deepEqual([status, report.reason], [7, 'seccomp-active']);
      assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
    }
    assert.equal(target.run(plan, patient).report.seccompSuspended, true);
    assert.deepEqual(await target.ask(), [9, 90, 0, 0]);
  });

  it('leaves a target to who traces it already, and says who that is', async () => {
    await using target = await Target.start(programs);
    const plan = target.update(9);
    {
      await using tracer = await target.traced();
      for (const mode of ['check', 'apply']) {
        const { status, report } = target.run(plan, { ...patient, mode });
        assert.deepEqual([status, report.reason], [7, 'already-traced']);
        assert.match(report.detail, new RegExp(`by process ${tracer.pid}$`));
      }
      assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
    }
    assert.equal(target.run(plan, patient).report.result, 'done');
    assert.deepEqual(await target.ask(), [9, 90, 0, 0]);
  });

  for (const [nth, whom] of [
    [1, 'the main thread'],
    [2, 'another thread, with memory mapped already'],
  ] as const)
    it(`leaves a target to who comes to trace it after the look and before the stop: ${whom}`, async () => {
      await using target = await Target.start(programs);
      const [plan, maps] = [target.update(9), target.maps];
      const under = [programs.kernel, 'outruns', `${target.pid}`, `${nth}`] as const;
      const { pid, status, stdout } = inject(programs.injector, 'apply', encodePlan(plan), { ...patient, under });
      const { reason, detail, leftMappedBytes } = parseReport('here', {
        exitCode: status ?? -1,
        stdout,
        stderr: '',
      });
      assert.deepEqual([status, reason, leftMappedBytes], [7, 'already-traced', 0], detail);
      assert.match(detail, new RegExp(`by process ${pid}$`));
      assert.equal(target.maps, maps);
      assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
      assert.equal(target.run(plan, patient).report.result, 'done');
      assert.deepEqual(await target.ask(), [9, 90, 0, 0]);
    });

  it('tells of a filter on its own system calls where that is in the way, and there alone', async () => {
    const filtered = { ...patient, under: [programs.kernel, 'filtered'] as const };
    await using target = await Target.start(programs, 'epoll', 3, 'rest', 'seccomp');
    const { status, report } = target.run(target.update(9), filtered);
    assert.deepEqual([status, report.reason], [7, 'own-seccomp']);
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
    await using open = await Target.start(programs);
    const plan = open.update(9);
    for (const faults of ['seize=1', 'seize=13@3']) {
      const denied = open.run(plan, { ...filtered, faults });
      assert.deepEqual([denied.status, denied.report.reason], [7, 'own-seccomp']);
      assert.deepEqual(await open.ask(), [1, 7, 0, 0]);
    }
    assert.equal(open.run(plan, filtered).report.result, 'done');
    assert.deepEqual(await open.ask(), [9, 90, 0, 0]);
  });

  it('refuses what the plan was not made for, and touches nothing', async () => {
    await using target = await Target.start(programs);
    const [plan, maps] = [target.update(5), target.maps];
    const entry = target.address('answer');
    const at = target.near();
    const refuse = (changed: Partial<typeof plan>, reason: string) => {
      const { status, report } = target.run({ ...plan, ...changed });
      assert.deepEqual([status, report.reason], [2, reason], report.detail);
    };
    refuse({ buildId: 'ff'.repeat(20) }, 'other-program');
    refuse({ startTicks: plan.startTicks + 1n }, 'other-process');
    const other = { kind: 'expect', address: entry, bytes: Buffer.from('other') } as const;
    refuse({ operations: [other] }, 'memory-differs');
    refuse({ operations: [{ ...other, address: 0x10000n }] }, 'memory-unreadable');
    refuse({ operations: [{ kind: 'hook', address: target.address('&value') }] }, 'hook-not-code');
    refuse({ operations: [{ kind: 'fill', address: at, bytes: Buffer.from('x') }] }, 'plan-bad');
    refuse({ operations: [{ kind: 'map', address: at, sizeBytes: 100, protection: 'rx' }] }, 'plan-bad');
    refuse({ operations: [{ kind: 'unmap', address: at, sizeBytes: 4096 }] }, 'plan-bad');
    assert.equal(target.run(reversePlan(plan), { mode: 'apply' }).report.reason, 'plan-kind');
    assert.equal(target.run(plan, { mode: 'check' }).report.result, 'done');
    assert.equal(target.maps, maps);
    target.signal('SIGSTOP');
    while (!target.isStopped) await new Promise(setImmediate);
    refuse({}, 'stopped');
    target.signal('SIGCONT');
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });

  it('never takes memory that is in use', async () => {
    await using target = await Target.start(programs);
    const address = target.address('&value') & ~0xfffn;
    const plan = target.plan([{ kind: 'map', address, sizeBytes: 4096, protection: 'rw' }]);
    const { status, report } = target.run(plan, patient);
    assert.deepEqual([status, report.reason], [4, 'address-taken']);
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });

  it('does not unmap what a thread has on its stack', async () => {
    await using target = await Target.start(programs);
    const address = target.address('answer') & ~0xfffn;
    const plan = target.plan([{ kind: 'unmap', address, sizeBytes: 4096 }], 'rollback');
    const { status, report } = target.run(plan, { args: ['--find-us', '50000'] });
    assert.deepEqual([status, report.reason], [3, 'in-use']);
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });

  for (const [faults, status, reason] of [
    ['yama=3', 7, 'yama-no-attach'],
    ['seize=1,yama=2,capable=0', 7, 'yama-admin-only'],
    ['seize=1,yama=1,capable=0', 7, 'yama-descendants-only'],
    ['seize=1,capable=0', 7, 'capability-missing'],
    ['seize=1', 7, 'security-module'],
    ['seize=1@3', 7, 'security-module'],
    ['mem-open=13', 7, 'security-module'],
    ['probe-seize=1', 7, 'security-module'],
    ['probe-write=5', 7, 'memory-protected'],
    ['map=12', 4, 'no-memory'],
    ['mapped=1', 4, 'fault'],
    ['fill=5', 4, 'memory-protected'],
    ['filled=1', 4, 'fault'],
    ['write=5@1', 4, 'memory-protected'],
    ['write=5@2', 4, 'memory-protected'],
    ['stack-write=5', 4, 'no-stack'],
    ['registers=5@3', 6, 'kernel-refuses'],
  ] as const)
    it(`leaves everything as it was when the kernel refuses (${faults})`, async () => {
      await using target = await Target.start(programs);
      const maps = target.maps;
      const done = target.run(target.update(5, 0, [hook(target, 'hook_works')]), { ...patient, faults });
      assert.deepEqual([done.status, done.report.reason, done.report.leftMappedBytes], [status, reason, 0]);
      assert.equal(target.maps, maps);
      assert.deepEqual((await target.ask()).slice(0, 2), [1, 7]);
    });

  it('says what stays mapped when it cannot undo, and keeps what is still jumped to', async () => {
    await using target = await Target.start(programs);
    const { status, report } = target.run(target.update(5), { ...patient, faults: 'write=5@2,write-back=5' });
    assert.deepEqual([status, report.result, report.leftMappedBytes], [6, 'broken', 4096]);
    assert.deepEqual(await target.ask(), [5, 7, 0, 0]);
  });

  for (const [faults, middle] of [
    ['mapped=kill', [1, 7, 0, 0]],
    ['fill=kill', [1, 7, 0, 0]],
    ['filled=kill', [1, 7, 0, 0]],
    ['write=kill@2', [5, 7, 0, 0]],
  ] as const)
    it(`leaves a program that runs on when it is killed (${faults}), and a rollback mends it`, async () => {
      await using target = await Target.start(programs);
      const [maps, blocked] = [target.maps, target.blocked];
      const plan = target.update(5);
      assert.equal(inject(programs.injector, 'apply', encodePlan(plan), { ...patient, faults }).signal, 'SIGKILL');
      assert.deepEqual(await target.ask(), middle);
      assert.equal(target.blocked !== blocked, faults === 'mapped=kill', 'it was at work for the injector');
      const { operations, ...rest } = reversePlan(plan);
      const back = [...operations, { kind: 'unmap', address: target.near(), sizeBytes: 4096 } as const];
      assert.equal(target.run({ ...rest, operations: back }, patient).report.result, 'done');
      assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
      assert.equal(target.maps, maps);
      assert.equal(target.blocked, blocked);
    });

  it('lets signals through again that one which was killed left blocked, also by a plan that maps nothing', async () => {
    await using target = await Target.start(programs, 'epoll', 0);
    const plan = target.update(5);
    inject(programs.injector, 'apply', encodePlan(plan), { ...patient, faults: 'mapped=kill' });
    target.signal('SIGUSR1');
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
    assert.equal(target.run(reversePlan(plan), patient).report.result, 'done');
    assert.deepEqual(await target.ask(), [1, 7, 0, 1]);
  });

  it('takes a plan only from a directory that nobody else can write to', async () => {
    await using target = await Target.start(programs);
    const plan = encodePlan(target.update(5));
    const other = 65534;
    const cases: readonly [string, (folder: string) => void][] = [
      ['place-mode', (folder) => chmodSync(folder, 0o755)],
      ['place-mode', (folder) => chmodSync(join(folder, 'plan'), 0o620)],
      ['place-owner', (folder) => chownSync(folder, other, other)],
      ['place-owner', (folder) => chownSync(join(folder, 'plan'), other, other)],
      ['place-link', (folder) => linkSync(join(folder, 'plan'), join(folder, 'more'))],
      [
        'place-link',
        (folder) => {
          renameSync(join(folder, 'plan'), join(folder, 'real'));
          symlinkSync('real', join(folder, 'plan'));
        },
      ],
      ['place-bad', (folder) => rmSync(join(folder, 'plan'))],
    ];
    for (const [reason, spoil] of cases) {
      const { status, stdout } = inject(programs.injector, 'apply', plan, { spoil });
      assert.deepEqual([status, reportOf(stdout).reason], [2, reason], reason);
    }
    const link = join(programs.folder, 'link');
    symlinkSync(tmpdir(), link);
    const through = inject(programs.injector, 'apply', plan, { through: link });
    assert.equal(reportOf(through.stdout).reason, 'place-link');
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });

  it('ends with status 1 on a command line that it does not know', () => {
    for (const args of [['--max-pause-us'], ['--max-pause-us', '-1'], ['--find-us', '1x'], ['--other', '1']])
      assert.equal(inject(programs.injector, 'apply', new Uint8Array(), { args }).status, 1);
    assert.equal(inject(programs.injector, 'patch', new Uint8Array()).status, 1);
  });
});
