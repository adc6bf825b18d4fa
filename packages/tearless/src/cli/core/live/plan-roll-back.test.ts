import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ProcessRecord, UpdateRecord } from '../../../live/status/process-record.ts';
import { findLatest } from './plan-roll-back.ts';

const recordOf = (...states: readonly UpdateRecord['state'][]): ProcessRecord => ({
  schema: 'tearless.live-process/v1',
  pid: 42,
  startTicks: '7',
  program: 'aa'.repeat(20),
  updates: states.map((state, index) => ({
    state,
    from: 'aa'.repeat(20),
    to: 'bb'.repeat(20),
    versions: ['1', '2'],
    at: String(index),
    run: 'r',
    pauseUs: null,
    regions: [],
    operations: [],
    addresses: {},
    initial: {},
  })),
});

it('a rollback is of the update that is in doubt, else of the latest that the process runs with', () => {
  const latest = (...states: readonly UpdateRecord['state'][]) => findLatest(recordOf(...states))?.at;
  assert.equal(findLatest(undefined), undefined);
  assert.deepEqual([latest(), latest('undone')], [undefined, undefined]);
  assert.deepEqual([latest('done', 'done', 'undone'), latest('pending')], ['1', '0']);
  assert.equal(latest('done', 'pending', 'undone'), '1');
});
