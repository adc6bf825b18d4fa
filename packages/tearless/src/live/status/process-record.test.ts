import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePlan, type InjectorPlan, reversePlan } from '../inject/encode-plan.ts';
import type { Generation } from '../link/generation.ts';
import { describeRunning } from './describe-running.ts';
import { recordGeneration, restoreGeneration } from './generation-record.ts';
import {
  earlierBuildsOf,
  type ProcessRecord,
  planFromRecord,
  recordOperations,
  runningBuildOf,
  type UpdateRecord,
} from './process-record.ts';

const target = { pid: 42, startTicks: 7n, buildId: 'aa'.repeat(20) };
const plan: InjectorPlan = {
  ...target,
  kind: 'apply',
  operations: [
    { kind: 'map', address: 0x10000n, sizeBytes: 4096, protection: 'rx' },
    { kind: 'fill', address: 0x10000n, bytes: Buffer.from('code') },
    { kind: 'change', address: 0x20000n, former: Buffer.from('abcde'), next: Buffer.from('fghij') },
    { kind: 'expect', address: 0x30000n, bytes: Buffer.from('same') },
    { kind: 'hook', address: 0x10010n },
  ],
};
const reverse: InjectorPlan = {
  ...reversePlan(plan),
  operations: [...reversePlan(plan).operations, { kind: 'hook', address: 0x10020n }],
};
const generation = (entries: readonly (readonly [string, bigint])[], initial: readonly string[] = []): Generation => ({
  addresses: new Map(entries),
  imports: new Map([['malloc', { address: 0x7000n, version: undefined }]]),
  copies: new Map([['environ', 0x8000n]]),
  initial: new Map(initial.map((key) => [key, Buffer.from(key)])),
});
const update = (state: UpdateRecord['state'], from: string, to: string): UpdateRecord => ({
  state,
  from: from.repeat(20),
  to: to.repeat(20),
  versions: ['1', '2'],
  at: '2026-01-09T14:02:11.000Z',
  run: 'r',
  pauseUs: 800,
  regions: [{ address: '10000', sizeBytes: 4096, protection: 'code' }],
  operations: recordOperations(plan, reverse),
  addresses: {},
  initial: {},
});
const record = (...updates: UpdateRecord[]): ProcessRecord => ({
  schema: 'tearless.live-process/v1',
  pid: 42,
  startTicks: '7',
  program: 'aa'.repeat(20),
  updates,
});

describe('what a host keeps of an update', () => {
  it('takes it back as its own reverse would', () => {
    const kept = JSON.parse(JSON.stringify(update('done', 'aa', 'bb'))) as UpdateRecord;
    assert.deepEqual(encodePlan(planFromRecord(target, kept, 'rollback')), encodePlan(reverse));
  });

  it('brings it up once more where all is as it had to be: nothing is mapped or filled, hooks that go up are called', () => {
    const again = planFromRecord(target, update('undone', 'aa', 'bb'), 'apply');
    const wanted = plan.operations.filter(({ kind }) => kind !== 'map' && kind !== 'fill');
    assert.deepEqual(encodePlan(again), encodePlan({ ...plan, operations: wanted }));
  });

  it('leaves hooks out where it is not whole', () => {
    const { operations } = planFromRecord(target, update('pending', 'aa', 'bb'), 'rollback', false);
    assert.deepEqual(
      operations.map(({ kind }) => kind),
      ['change'],
    );
  });

  it('says whose code runs: that of the latest update that was not taken back', () => {
    const program = 'aa'.repeat(20);
    assert.equal(runningBuildOf(program, undefined), program);
    assert.equal(runningBuildOf(program, record(update('undone', 'aa', 'bb'))), program);
    const two = record(update('done', 'aa', 'bb'), update('undone', 'bb', 'cc'), update('done', 'bb', 'dd'));
    assert.equal(runningBuildOf(program, two), 'dd'.repeat(20));
    assert.deepEqual(earlierBuildsOf(program, two), [program, 'bb'.repeat(20)]);
    assert.deepEqual(earlierBuildsOf(program, undefined), []);
  });
});

describe('where a process has everything', () => {
  it('is restored from the differences that its updates made', () => {
    const first = generation(
      [
        ['a', 1n],
        ['b', 2n],
      ],
      ['v'],
    );
    const second = generation(
      [
        ['a', 1n],
        ['b', 20n],
        ['c', 3n],
      ],
      ['v', 'w'],
    );
    const third = generation(
      [
        ['a', 1n],
        ['b', 20n],
        ['c', 30n],
      ],
      ['v', 'w', 'x'],
    );
    const deltas = [recordGeneration(first, second), recordGeneration(second, third)];
    assert.deepEqual(deltas[0]?.addresses, { b: '14', c: '3' });
    assert.deepEqual(Object.keys(deltas[1]?.initial ?? {}), ['x']);
    const restored = restoreGeneration(first, JSON.parse(JSON.stringify(deltas)));
    assert.deepEqual(restored, third);
    assert.deepEqual(restoreGeneration(first, deltas.slice(0, 1)), second);
  });
});

describe('how a running tor stands', () => {
  const mappings = [{ from: 0x10000n, to: 0x11000n, permissions: 'r-xp', offset: 0n, path: '', isDeleted: false }];
  const state = (used: string | null, isReplaced = false, ...updates: UpdateRecord[]) => {
    const program = 'aa'.repeat(20);
    const kept = updates.length === 0 ? undefined : record(...updates);
    return describeRunning({ program, build: runningBuildOf(program, kept), record: kept, mappings, used, isReplaced });
  };

  it('differs from the disk where another code would start', () => {
    assert.equal(state(null).differsFromDisk, false);
    assert.equal(state(null, true).differsFromDisk, true);
    assert.equal(state(null, false, update('done', 'aa', 'bb')).differsFromDisk, true);
    assert.equal(state('bb'.repeat(20), false, update('done', 'aa', 'bb')).differsFromDisk, false);
    assert.equal(state('bb'.repeat(20)).differsFromDisk, true);
  });

  it('has the memory of its updates, also of those taken back, as far as it is mapped', () => {
    const gone = {
      ...update('undone', 'aa', 'cc'),
      regions: [{ address: '90000', sizeBytes: 8192, protection: 'code' }],
    };
    const { mappedBytes, updates, pending } = state(null, false, update('undone', 'aa', 'bb'), gone);
    assert.deepEqual([mappedBytes, updates.length, pending], [4096, 0, false]);
    assert.equal(state(null, false, update('pending', 'aa', 'bb')).pending, true);
  });
});
