// A relay is right when its process has mapped what it shall, and its next start would load the same.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AllocatorConfig } from '../../config/schema.ts';
import type { HostFacts, InstanceFacts } from '../../facts/observed.ts';
import { preload, sampleHost } from './testing/sample-host.ts';
import { countAllocators, findWrongCounts, verifyRelays } from './verify-relays.ts';

const allocators: Readonly<Record<string, AllocatorConfig>> = {
  mimalloc: { version: '2.1.2', library: '/usr/lib/m.so', buildIds: ['aa11'] },
  jemalloc: { version: '5.3.0', library: '/usr/lib/j.so', buildIds: ['bb22'] },
};

const withProcess = (
  instance: InstanceFacts,
  allocator: 'mimalloc' | 'jemalloc' | 'glibc',
  buildId: string,
): InstanceFacts => ({
  ...instance,
  process: {
    pid: 1,
    startTicks: 1,
    cpuSeconds: 0,
    threads: 1,
    memory: { rssBytes: 1, pssBytes: 1, anonymousBytes: 1, privateDirtyBytes: 1, swapBytes: 0, peakRssBytes: 1 },
    allocator: { allocator, path: `/usr/lib/${allocator}.so`, buildId },
  },
});

const hostOf = (
  library: string,
  allocator: 'mimalloc' | 'jemalloc' | 'glibc',
  buildId: string,
  change: Partial<InstanceFacts> = {},
): HostFacts => {
  const host = sampleHost({
    relays: ['a'],
    units: library === '' ? {} : { 'tor@a.service.d/50-tearless-allocator.conf': preload(library) },
  });
  return {
    ...host,
    instances: host.instances.map((instance) => ({ ...withProcess(instance, allocator, buildId), ...change })),
  };
};
const verify = (host: HostFacts | undefined, wanted: readonly string[]) => {
  const [relay] = verifyRelays({
    relays: new Map([['h1/a', wanted]]),
    allocators,
    hosts: new Map(host === undefined ? [] : [['h1', host]]),
  });
  assert.ok(relay);
  return relay;
};

describe('a relay', () => {
  it('is right with what it shall have, now and after its next start', () => {
    const relay = verify(hostOf('/usr/lib/m.so', 'mimalloc', 'aa11'), ['mimalloc', 'jemalloc']);
    assert.deepEqual([relay.isRight, relay.allocator], [true, 'mimalloc']);
    assert.match(relay.evidence, /maps \/usr\/lib\/mimalloc\.so, build-id aa11/);
    assert.equal(verify(hostOf('', 'glibc', 'cc33'), ['glibc']).isRight, true);
    assert.equal(verify(hostOf('', 'glibc', 'cc33'), []).isRight, true);
  });

  const wrong: readonly (readonly [string, HostFacts | undefined, RegExp])[] = [
    ['another build of the same name', hostOf('/usr/lib/m.so', 'mimalloc', 'ffff'), /not mimalloc/],
    ['a library that did not load', hostOf('/usr/lib/m.so', 'glibc', 'cc33'), /not mimalloc/],
    ['a drop-in that is gone', hostOf('', 'mimalloc', 'aa11'), /next start would preload nothing/],
    ['a drop-in of another', hostOf('/usr/lib/j.so', 'mimalloc', 'aa11'), /next start would preload \/usr\/lib\/j\.so/],
    ['a unit that does not run', hostOf('/usr/lib/m.so', 'mimalloc', 'aa11', { activeState: 'failed' }), /is failed/],
    [
      'files that systemd has not read',
      hostOf('/usr/lib/m.so', 'mimalloc', 'aa11', { needDaemonReload: true }),
      /not read/,
    ],
    ['no answer', undefined, /did not answer/],
  ];
  for (const [what, host, why] of wrong)
    it(`is wrong with ${what}`, () => {
      const relay = verify(host, ['mimalloc']);
      assert.equal(relay.isRight, false);
      assert.match(relay.evidence, why);
    });

  it('is counted by what it has', () => {
    const relays = ['mimalloc', 'mimalloc', 'glibc'].map((allocator) => ({
      relay: 'x',
      isRight: true,
      allocator,
      evidence: '',
    }));
    assert.equal(countAllocators(relays), 'mimalloc 2, glibc 1');
    assert.deepEqual(
      findWrongCounts(
        relays,
        new Map([
          ['mimalloc', 2],
          ['jemalloc', 1],
        ]),
      ),
      ['0 relays have jemalloc, not 1'],
    );
  });
});
