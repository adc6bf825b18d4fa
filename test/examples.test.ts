// The configurations in examples/: what a person copies is right, down to options that tor knows and drop-ins that a host takes.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { resolveDesired } from 'tearless/config/desired.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import { renderDropIn } from 'tearless/daemon/drop-in.ts';
import { planTorrcEdit } from 'tearless/daemon/torrc-edit.ts';
import { isAsDrawn } from 'tearless/experiments/design/assignment.ts';

const root = join(import.meta.dirname, '..');
const examples = globSync('examples/*.yaml', { cwd: root }).sort();

const load = (path: string) => parseConfig(readFileSync(join(root, path), 'utf8'), path);

const allocatorsOf = (path: string) => {
  const { relays, shareGroups } = resolveDesired(load(path));
  return {
    named: Object.fromEntries(
      relays.flatMap(({ id, allocator }) => (allocator === undefined ? [] : [[id, allocator]])),
    ),
    shared: shareGroups.map(({ counts }) => Object.fromEntries(counts)),
  };
};

describe('the examples', () => {
  it('are there', () => {
    assert.ok(examples.length >= 3, examples.join(', '));
  });

  for (const path of examples) {
    it(`${path} can be planned with: it parses, tor knows its options, hosts take its drop-ins`, () => {
      const { relays, allocators } = resolveDesired(load(path));
      assert.ok(relays.length > 1);
      for (const { library, environment } of Object.values(allocators))
        renderDropIn(environment === undefined ? { library } : { library, environment });
      for (const { id, torrc } of relays) planTorrcEdit([{ path: `/etc/tor/instances/${id}/torrc`, text: '' }], torrc);
    });
  }

  it('give every relay of one host its allocator', () => {
    assert.deepEqual(allocatorsOf('examples/one-host.yaml'), {
      named: { 'h1/alpha': 'jemalloc', 'h1/bravo': 'jemalloc' },
      shared: [],
    });
  });

  it('divide by shares those relays that no later entry names', () => {
    assert.deepEqual(allocatorsOf('examples/allocator-shares.yaml'), {
      named: { 'h2/kilo': 'glibc' },
      shared: [{ mimalloc: 9, jemalloc: 1 }],
    });
  });

  it('let labels of hosts select relays, and later settings win', () => {
    const { relays } = resolveDesired(load('examples/many-hosts.yaml'));
    const optionOf = (id: string, option: string) => relays.find((relay) => relay.id === id)?.torrc.get(option);
    assert.deepEqual(optionOf('fra1/echo', 'MaxMemInQueues'), ['1 GB']);
    assert.deepEqual(optionOf('ams1/alpha', 'MaxMemInQueues'), ['2 GB']);
    assert.deepEqual(optionOf('fra1/foxtrot', 'ExitPolicy'), ['reject *:25', 'accept *:*']);
    assert.equal(optionOf('fra1/echo', 'ExitPolicy'), null);
  });

  it('hold experiments as their seeds draw them, but for the one written by hand', () => {
    const drawn = (path: string): Record<string, boolean> =>
      Object.fromEntries(
        Object.entries(load(path).experiments ?? {}).map(([name, experiment]) => [name, isAsDrawn(experiment)]),
      );
    assert.deepEqual(drawn('examples/experiment-allocators.yaml'), { memory: true });
    assert.deepEqual(drawn('examples/experiment-live-update.yaml'), { updates: true });
    assert.deepEqual(drawn('examples/experiment-restart-schedule.yaml'), { daily: false });
  });

  it('let the arms of an experiment under way win over settings, and of no other', () => {
    const { named, shared } = allocatorsOf('examples/experiment-allocators.yaml');
    assert.deepEqual(shared, []);
    assert.equal(Object.keys(named).length, 15);
    assert.deepEqual([named['h1/alpha'], named['h1/papa']], ['mimalloc', undefined]);
    assert.deepEqual(allocatorsOf('examples/experiment-restart-schedule.yaml').named, {});
  });
});
