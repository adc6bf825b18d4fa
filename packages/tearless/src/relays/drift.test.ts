import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import type { HostFacts, InstanceFacts } from '../facts/observed.ts';
import { findDrift } from './drift.ts';
import { findSeenRelay } from './fleet-observation.ts';
import { configHead, fileFacts, libraries, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const running = (allocator: keyof typeof libraries): Partial<InstanceFacts> => ({
  environment: allocator === 'glibc' ? {} : { LD_PRELOAD: libraries[allocator].path },
  process: { ...sampleInstance('x').process, allocator: libraries[allocator] } as NonNullable<InstanceFacts['process']>,
});

const drift = (settings: string, ...hosts: readonly HostFacts[]): string[] => {
  const relays = hosts.flatMap(({ host, instances }) => instances.map(({ name }) => `${host}/${name}`));
  const text = `${configHead(hosts.map(({ host }) => host))}relays: [${relays.join(', ')}]\nsettings:\n${settings}\n`;
  const desired = resolveDesired(parseConfig(text, 'tearless.yaml'));
  const observation = observe(...hosts);
  const seen = desired.relays.map((relay) => findSeenRelay(relay, observation));
  return findDrift(desired, seen).map(({ code, subject }) => `${code} ${subject}`);
};

const loose = (facts: HostFacts, version?: string): HostFacts => ({
  ...facts,
  packages: facts.packages.map((entry) => ({ ...entry, held: false, ...(version === undefined ? {} : { version }) })),
});

describe('findDrift', () => {
  const all = (allocator: string) => `  - { select: "*", allocator: ${allocator} }`;

  it('finds nothing on a relay that runs as declared', () => {
    assert.deepEqual(drift(all('mimalloc'), sampleHost('h1', [sampleInstance('a', running('mimalloc'))])), []);
    assert.deepEqual(
      drift(all('{ mimalloc: 50%, jemalloc: 50% }'), sampleHost('h1', [sampleInstance('a', running('jemalloc'))])),
      [],
    );
  });

  it('finds another allocator than declared, by its build-id', () => {
    assert.deepEqual(drift(all('mimalloc'), sampleHost('h1', [sampleInstance('a')])), ['allocator-drift h1/a']);
  });

  it('finds that a relay would start with another allocator than it runs with', () => {
    const instance = sampleInstance('a', running('mimalloc'));
    const declared = all('mimalloc');
    const without = (name: string) => Object.values(libraries).filter((library) => library.allocator !== name);
    const removed = sampleHost('h1', [instance], { libraries: without('mimalloc') });
    const replaced = sampleHost('h1', [instance], {
      libraries: [...without('mimalloc'), { ...libraries.mimalloc, buildId: 'cc'.repeat(20) }],
    });
    const forgotten = sampleHost('h1', [{ ...instance, environment: {} }]);
    for (const host of [removed, replaced, forgotten])
      assert.deepEqual(drift(declared, host), ['next-start-drift h1/a']);
  });

  it('finds a preload that was not loaded, a stopped relay, a unit changed on disk, and a drop-in that wins', () => {
    const broken = sampleInstance('a', {
      environment: { LD_PRELOAD: '/lib/none.so' },
      needDaemonReload: true,
      dropIns: [
        fileFacts('/etc/systemd/system/tor@a.service.d/99-mine.conf', '[Service]\nEnvironment=LD_PRELOAD=/x\n'),
      ],
    });
    const { process: _, ...stopped } = sampleInstance('b', { activeState: 'failed' });
    assert.deepEqual(drift(all('glibc'), sampleHost('h1', [broken, stopped])), [
      'unit-changed-on-disk h1/a',
      'allocator-not-loaded h1/a',
      'drop-in-overrides h1/a',
      'relay-not-running h1/b',
    ]);
  });

  it('finds a package that is not held, or another version, on hosts whose relays use it', () => {
    const h1 = sampleHost('h1', [sampleInstance('a', running('mimalloc'))]);
    const h2 = sampleHost('h2', [sampleInstance('a')]);
    const settings = '  - { select: "host=h1", allocator: mimalloc }\n  - { select: "host=h2", allocator: glibc }';
    assert.deepEqual(drift(settings, loose(h1), loose(h2)), ['package-not-held h1']);
    assert.deepEqual(drift(settings, loose(h1, '9'), loose(h2, '9')), ['package-drift h1']);
  });
});
