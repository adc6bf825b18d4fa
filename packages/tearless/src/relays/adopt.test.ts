import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import type { InstanceFacts } from '../facts/observed.ts';
import { renderAdoptedConfig } from './adopt.ts';
import { findSeenRelay } from './fleet-observation.ts';
import { planRelayChange } from './relay-change.ts';
import { libraries, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const running = (allocator: keyof typeof libraries, preload?: string): Partial<InstanceFacts> => ({
  process: { ...sampleInstance('x').process, allocator: libraries[allocator] } as NonNullable<InstanceFacts['process']>,
  ...(preload === undefined ? {} : { environment: { LD_PRELOAD: preload } }),
});

describe('renderAdoptedConfig', () => {
  const h1 = sampleHost('h1', [
    sampleInstance('a'),
    sampleInstance('b', running('mimalloc', libraries.mimalloc.aliases[0])),
    sampleInstance('c', running('jemalloc', libraries.jemalloc.path)),
  ]);
  const h2 = sampleHost('h2', [sampleInstance('a', running('mimalloc', libraries.mimalloc.aliases[0]))]);
  const text = renderAdoptedConfig({
    fleet: 'mine',
    network: 'public',
    hosts: new Map([
      ['h1', { address: '10.0.0.1', user: 'tearless' }],
      ['h2', {}],
    ]),
    facts: new Map([
      ['h1', h1],
      ['h2', h2],
    ]),
  });

  it('declares what runs, so that the first plan is empty', () => {
    const desired = resolveDesired(parseConfig(text, 'tearless.yaml'));
    const observation = observe(h1, h2);
    assert.deepEqual(
      desired.relays.map(({ id, allocator }) => `${id} ${allocator}`),
      ['h1/a glibc', 'h1/b mimalloc', 'h1/c jemalloc', 'h2/a mimalloc'],
    );
    for (const relay of desired.relays) {
      const name = relay.allocator ?? '';
      assert.deepEqual(
        planRelayChange(findSeenRelay(relay, observation), { name, config: desired.allocators[name] }).steps,
        [],
        relay.id,
      );
    }
  });

  it('reads well', () => {
    assert.match(text, /^ {2}h1: \{ address: 10\.0\.0\.1, user: tearless \}$/m);
    assert.match(text, /^ {4}package: \{ name: libmimalloc2\.0, version: 2\.0\.9\+ds-2 \}$/m);
    assert.match(text, /^ {2}- \{ select: "?h1\/b,h2\/a"?, allocator: mimalloc \}$/m);
  });

  it('notices another relay in the place of a declared one', () => {
    const desired = resolveDesired(parseConfig(text, 'tearless.yaml'));
    const [relay] = desired.relays;
    assert.ok(relay !== undefined);
    const renewed = observe(sampleHost('h1', [sampleInstance('a', { fingerprint: 'F'.repeat(40) })]), h2);
    assert.throws(() => findSeenRelay(relay, renewed), { code: 'relays-identity' });
  });
});
