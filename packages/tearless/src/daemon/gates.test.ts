import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindGate, createRegistry } from '../change/registry.ts';
import { expectedGateSeconds, type GateWishes, planGates, planUndoGates } from './gates.ts';
import { torGates, torSteps } from './kinds.ts';

const wishes: GateWishes = {
  network: 'public',
  instance: 'a',
  activation: 'restart',
  soakMs: 60_000,
  deadlineMs: 600_000,
  consensusGate: false,
  allocator: { name: 'mimalloc', version: '2.0.9', buildIds: ['aa11'] },
  version: '0.4.9.11',
  changes: [{ name: 'BandwidthRate', before: [], after: ['1 MB'] }],
  baselineBytesPerSecond: 1_000_000,
};
const kinds = (gates: readonly { kind: string }[]) => gates.map(({ kind }) => kind.slice('tor.'.length));

test('the public network has the gates of a restart that never leaves the consensus', () => {
  assert.deepEqual(kinds(planGates(wishes)), [
    'unit-stable',
    'allocator-loaded',
    'version-loaded',
    'settings-loaded',
    'bootstrapped',
    'orport-reachable',
    'descriptor-accepted',
    'bandwidth-recovered',
    'no-new-warnings',
  ]);
  assert.equal(kinds(planGates({ ...wishes, consensusGate: true })).at(-1), 'listed-running');
});

test('a lab waits for its consensus and for no traffic', () => {
  const lab = kinds(planGates({ ...wishes, network: 'lab' }));
  assert.equal(lab.at(-1), 'listed-running');
  assert.ok(!lab.includes('bandwidth-recovered') && !lab.includes('no-new-warnings'));
});

test('what was not asked for is not waited for', () => {
  const { allocator: _a, version: _v, changes: _c, baselineBytesPerSecond: _b, ...bare } = wishes;
  assert.deepEqual(kinds(planGates(bare)), [
    'unit-stable',
    'bootstrapped',
    'orport-reachable',
    'descriptor-accepted',
    'no-new-warnings',
  ]);
  assert.deepEqual(kinds(planGates({ ...wishes, activation: 'reload' })), ['unit-stable']);
  const moved = [{ name: 'ORPort', before: ['9001'], after: ['9002'] }];
  const moving = kinds(planGates({ ...wishes, activation: 'reload', changes: moved }));
  assert.deepEqual(moving, ['unit-stable', 'orport-reachable']);
  assert.deepEqual(planGates({ ...wishes, activation: 'none' }), []);
});

test('undo is gated on the former state', () => {
  const former = { name: 'glibc', version: null, buildIds: [] };
  const gates = planUndoGates({ ...wishes, formerAllocator: former });
  assert.deepEqual(kinds(gates), ['unit-stable', 'allocator-loaded', 'bootstrapped', 'descriptor-accepted']);
  assert.deepEqual(gates[1]?.params, { instance: 'a', expected: former });
  const inLab = planUndoGates({ ...wishes, network: 'lab', formerAllocator: former });
  assert.deepEqual(kinds(inLab), [...kinds(gates), 'listed-running']);
  assert.deepEqual(planUndoGates({ ...wishes, activation: 'none' }), []);
  // what failed may have been restarted by systemd, or not at all
  assert.equal(gates[0]?.params.after, 'undone-restart');
  assert.equal(planUndoGates({ ...wishes, activation: 'reload' })[0]?.params.after, 'undone-reload');
});

test('every gate that is planned is known and takes its parameters, also as JSON', () => {
  const registry = createRegistry(torSteps, torGates);
  const all = [
    ...planGates({ ...wishes, consensusGate: true, viewInstances: ['b'] }),
    ...planUndoGates({ ...wishes, formerAllocator: { name: 'glibc', version: null, buildIds: [] } }),
  ];
  const ids = planGates({ ...wishes, consensusGate: true }).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const gate of all) assert.equal(bindGate(registry, JSON.parse(JSON.stringify(gate))).spec.kind, gate.kind);
});

test('a gate is expected to take its soak and what it usually takes there', () => {
  const [stable, ...rest] = planGates({ ...wishes, consensusGate: true });
  assert.ok(stable);
  assert.equal(expectedGateSeconds('public')(stable), 60);
  const listed = rest.at(-1);
  assert.ok(listed);
  assert.ok(expectedGateSeconds('public')(listed) > 3_600 && expectedGateSeconds('lab')(listed) < 60);
});
