import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import { parseHostFacts } from '../facts/host-facts.ts';
import type { HostFacts, InstanceFacts } from '../facts/observed.ts';
import { readRecording, recordings } from '../facts/testing/recordings.ts';
import { type AdoptedFleet, adoptFleet } from './adopt.ts';
import { findSeenRelay } from './fleet-observation.ts';
import { planFleet } from './plan-fleet.ts';
import { libraries, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const running = (allocator: keyof typeof libraries, preload?: string): Partial<InstanceFacts> => ({
  process: { ...sampleInstance('x').process, allocator: libraries[allocator] } as NonNullable<InstanceFacts['process']>,
  ...(preload === undefined ? {} : { environment: { LD_PRELOAD: preload } }),
});
const mimalloc = running('mimalloc', libraries.mimalloc.aliases[0]);

const adopt = (...hosts: readonly HostFacts[]): AdoptedFleet =>
  adoptFleet({
    fleet: 'mine',
    network: 'public',
    hosts: new Map(hosts.map(({ host }) => [host, { address: `${host}.example.org` }])),
    facts: new Map(hosts.map((facts) => [facts.host, facts])),
  });

/** The plan that the adopted configuration gives for the very hosts it was made from. */
const planAgain = ({ text }: AdoptedFleet, ...hosts: readonly HostFacts[]) =>
  planFleet({
    desired: resolveDesired(parseConfig(text, 'tearless.yaml')),
    observation: observe(...hosts),
    network: undefined,
    baseline: new Map(),
    limit: () => true,
    acceptHsDirLoss: false,
    planId: 'p',
    createdAtMs: 0,
  });

describe('adoptFleet', () => {
  const h1 = sampleHost('h1', [
    sampleInstance('a'),
    sampleInstance('b', mimalloc),
    sampleInstance('c', running('jemalloc', libraries.jemalloc.path)),
  ]);
  const h2 = sampleHost('h2', [sampleInstance('a', mimalloc)]);

  it('declares what runs, so that the first plan is empty', () => {
    const adopted = adopt(h1, h2);
    const desired = resolveDesired(parseConfig(adopted.text, 'tearless.yaml'));
    assert.deepEqual(
      desired.relays.map(({ id, allocator }) => `${id} ${allocator}`),
      ['h1/a glibc', 'h1/b mimalloc', 'h1/c jemalloc', 'h2/a mimalloc'],
    );
    assert.deepEqual(adopted.notes, []);
    assert.deepEqual(planAgain(adopted, h1, h2).items, []);
  });

  for (const name of recordings)
    it(`gives an empty plan for the recorded host ${name}, with its missing, replaced and stopped relays`, () => {
      const facts = parseHostFacts('h1', readRecording(name));
      const adopted = adopt(facts);
      assert.deepEqual(planAgain(adopted, facts).items, []);
      // the Debian hosts have relays whose library is gone or was replaced
      assert.equal(adopted.notes.length > 0, name.startsWith('debian'));
      const left = new Set(adopted.notes.map(({ subject }) => subject));
      for (const { id, allocator } of resolveDesired(parseConfig(adopted.text, 'tearless.yaml')).relays)
        assert.equal(allocator === undefined, left.has(id), id);
    });

  it('reads well', () => {
    const { text } = adopt(h1, h2);
    assert.match(text, /^ {2}h1: \{ address: h1\.example\.org \}$/m);
    assert.match(text, /^ {4}package: \{ name: libmimalloc2\.0, version: 2\.0\.9\+ds-2 \}$/m);
    assert.match(text, /^ {2}- \{ select: "?h1\/b,h2\/a"?, allocator: mimalloc \}$/m);
  });

  it('selects whole hosts where all relays of a host are alike', () => {
    const many = sampleHost('h3', [sampleInstance('a'), sampleInstance('b')]);
    assert.match(adopt(h1, many).text, /select: "?h1\/a,host=h3"?, allocator: glibc/);
    assert.match(adopt(many).text, /select: "\*", allocator: glibc/);
  });

  it('declares a package only where every host holds it, and says so beside it', () => {
    const loose = { ...h2, packages: h2.packages.map((entry) => ({ ...entry, held: false })) };
    const adopted = adopt(h1, loose);
    const { allocators } = parseConfig(adopted.text, 'tearless.yaml');
    assert.equal(allocators?.mimalloc?.package, undefined);
    assert.deepEqual(allocators?.jemalloc?.package, { name: 'libjemalloc2', version: '5.3.0-1' });
    assert.match(adopted.text, /# package: \{ name: libmimalloc2\.0, version: 2\.0\.9\+ds-2 \} {3}# not held on h2/);
    assert.deepEqual(planAgain(adopted, h1, loose).items, []);
  });

  it('has one allocator for one version with a build-id for each operating system, and two for two paths', () => {
    const other = {
      ...libraries.jemalloc,
      buildId: 'cc'.repeat(20),
      package: { name: 'libjemalloc2', version: '5.3.0-3' },
    };
    const moved = { ...other, path: '/usr/lib/aarch64-linux-gnu/libjemalloc.so.2' };
    const hostWith = (host: string, library: typeof other | typeof moved) =>
      sampleHost(
        host,
        [
          sampleInstance('a', {
            process: { ...sampleInstance('a').process, allocator: library } as NonNullable<InstanceFacts['process']>,
            environment: { LD_PRELOAD: library.path },
          }),
        ],
        { libraries: [libraries.glibc, library], packages: [{ ...library.package, held: true }] },
      );
    const hosts = [h1, hostWith('h4', other), hostWith('h5', moved)];
    const adopted = adopt(...hosts);
    const { allocators = {} } = parseConfig(adopted.text, 'tearless.yaml');
    assert.deepEqual(allocators.jemalloc?.buildIds, [libraries.jemalloc.buildId, other.buildId]);
    assert.equal(allocators.jemalloc?.package, undefined);
    assert.deepEqual(allocators['jemalloc-5.3.0']?.buildIds, [other.buildId]);
    assert.deepEqual(allocators['jemalloc-5.3.0']?.package, { name: 'libjemalloc2', version: '5.3.0-3' });
    assert.deepEqual(planAgain(adopted, ...hosts).items, []);
  });

  it('leaves out what a configuration cannot name', () => {
    const odd = { ...sampleInstance('a'), name: 'a:b' };
    const adopted = adopt(sampleHost('h1', [sampleInstance('a'), odd]));
    assert.deepEqual(
      adopted.notes.map(({ code, subject }) => `${code} ${subject}`),
      ['adopt-left-out h1/a:b'],
    );
    assert.equal(parseConfig(adopted.text, 'tearless.yaml').relays.length, 1);
  });

  it('pins each relay’s fingerprint: another relay in its place is noticed', () => {
    const desired = resolveDesired(parseConfig(adopt(h1, h2).text, 'tearless.yaml'));
    const [relay] = desired.relays;
    assert.ok(relay !== undefined);
    const renewed = observe(sampleHost('h1', [sampleInstance('a', { fingerprint: 'F'.repeat(40) })]), h2);
    assert.throws(() => findSeenRelay(relay, renewed), { code: 'relays-identity' });
  });
});
