import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExperimentConfig } from '../../config/schema.ts';
import { readDeclared } from '../../experiments/load/declare-experiment.ts';
import { openStore, type Store } from '../../store/store.ts';
import { checkNameFree, recordExperiment } from './record-experiment.ts';

describe('an experiment in the store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-record-'));
  let store: Store;
  before(async () => {
    store = await openStore(join(folder, 'state.db'));
  });
  after(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('cannot be called like the fleet, whose samples lie under that name', async () => {
    await assert.rejects(checkNameFree(store, 'home', 'home'), { code: 'experiment-name-taken' });
    await checkNameFree(store, 'mem', 'home');
  });

  it('keeps when its start began, until it begins anew', async () => {
    const experiment = ExperimentConfig.parse({
      control: 'a',
      arms: { a: { allocator: 'glibc' }, b: { action: 'restart' } },
      blocks: [{ a: 'h/x', b: 'h/y' }],
      seed: 's',
      days: 14,
      designed: '2026-01-01T00:00:00Z',
    });
    const clock = { now: () => 0 } as Parameters<typeof recordExperiment>[4]['clock'];
    const seen = { hosts: new Map(), unreachable: new Map() };
    const record = async (instants: { startMs: number; beganMs?: number }) => {
      await recordExperiment(store, 'mem', experiment, seen, { clock, ...instants });
      const { info } = await readDeclared(store, 'mem');
      return [info?.beganMs, info?.startMs];
    };
    assert.deepEqual(await record({ startMs: 1000, beganMs: 1500 }), [1500, 1000]);
    assert.deepEqual(await record({ startMs: 9000 }), [1500, 9000]);
    assert.deepEqual(await record({ startMs: 20_000, beganMs: 20_500 }), [20_500, 20_000]);
  });
});
