import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AllocatorLibrary, InstanceFacts } from '../../facts/observed.ts';
import { judgeAllocator } from './allocator-loaded.ts';

const mimalloc: AllocatorLibrary = {
  allocator: 'mimalloc',
  path: '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0',
  buildId: 'aa11',
  package: { name: 'libmimalloc2.0', version: '2.0.9+ds-2' },
};
const glibc: AllocatorLibrary = { allocator: 'glibc', path: '/usr/lib/x86_64-linux-gnu/libc.so.6', buildId: 'cc33' };

const instance = (
  allocator: AllocatorLibrary,
  change: { preload?: string; activeState?: string } = {},
): InstanceFacts => {
  const memory = { rssBytes: 1, pssBytes: 1, anonymousBytes: 1, privateDirtyBytes: 1, swapBytes: 0, peakRssBytes: 1 };
  const { preload, activeState = 'active' } = change;
  return {
    name: 'a',
    unit: 'tor@a.service',
    activeState,
    subState: 'running',
    unitFileState: 'enabled',
    needDaemonReload: false,
    mainPid: 7,
    restarts: 0,
    activeEnterMs: 0,
    activeEnterMonotonicUs: 0,
    environment: {},
    process: {
      pid: 7,
      startTicks: 100,
      cpuSeconds: 1,
      threads: 2,
      memory,
      allocator,
      ...(preload === undefined ? {} : { preload }),
    },
    torrc: [],
    dropIns: [],
    torrcPath: '/etc/tor/instances/a/torrc',
    dataDirectory: '/var/lib/tor-instances/a',
  };
};
const target = { name: 'mimalloc', version: '2.0.9', buildIds: ['aa11', 'bb22'] };

test('the build-id that is mapped proves the allocator', () => {
  const reading = judgeAllocator(instance(mimalloc), target);
  assert.deepEqual([reading.state, reading.evidence.buildId], ['passed', 'aa11']);
});

test('another build of the same allocator at the same path fails', () => {
  const reading = judgeAllocator(instance({ ...mimalloc, buildId: 'dd44' }), target);
  assert.equal(reading.state, 'failed');
});

test('a library that could not be loaded fails at once and says what was asked for', () => {
  const reading = judgeAllocator(instance(glibc, { preload: '/nowhere/libmimalloc.so' }), target);
  assert.deepEqual(
    [reading.state, reading.message],
    [
      'failed',
      'process 7 runs with glibc (/usr/lib/x86_64-linux-gnu/libc.so.6, build-id cc33) instead of mimalloc 2.0.9; LD_PRELOAD names /nowhere/libmimalloc.so',
    ],
  );
});

test('glibc is expected by its name', () => {
  const expected = { name: 'glibc', version: null, buildIds: [] };
  assert.equal(judgeAllocator(instance(glibc), expected).state, 'passed');
  assert.equal(judgeAllocator(instance(mimalloc), expected).state, 'failed');
});

test('a start that goes on is waited for, a unit that failed is not', () => {
  assert.equal(judgeAllocator(instance(mimalloc, { activeState: 'activating' }), target).state, 'waiting');
  assert.equal(judgeAllocator(instance(mimalloc, { activeState: 'failed' }), target).state, 'failed');
});
