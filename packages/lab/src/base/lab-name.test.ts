import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hostAddress,
  hostNamespace,
  labNamespace,
  maxHosts,
  maxNodes,
  nodeAddress,
  parseLabName,
  parseNamespace,
} from './lab-name.ts';

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/);

test('a namespace names its lab and host, and no other', () => {
  fc.assert(
    fc.property(name, name, (lab, host) => {
      assert.equal(parseLabName(lab), lab);
      assert.deepEqual(parseNamespace(labNamespace(lab)), { lab, host: undefined });
      assert.deepEqual(parseNamespace(hostNamespace(lab, host)), { lab, host });
    }),
    { seed: 1 },
  );
});

test('namespaces of others belong to no lab', () => {
  for (const other of ['lab', 'tl-', 'tl-A', 'tl-a.b.c', 'xtl-a']) assert.equal(parseNamespace(other), undefined);
});

test('a name that could leave its folder or break a command is refused', () => {
  for (const bad of ['', '.', '..', 'a/b', 'a b', 'A', '1a', 'a-', '-a', 'a.b', 'a'.repeat(32), 'a\n']) {
    assert.throws(() => parseLabName(bad), { code: 'lab-bad-name', kind: 'usage' });
  }
});

test('hosts and nodes never share an address', () => {
  const hosts = Array.from({ length: maxHosts }, (_, index) => hostAddress(3, index));
  const nodes = Array.from({ length: maxNodes }, (_, index) => nodeAddress(3, index, 'hosts'));
  assert.equal(new Set([...hosts, ...nodes, '10.77.3.1', '10.77.3.255']).size, maxHosts + maxNodes + 2);
  assert.equal(hosts[0], '10.77.3.10');
  assert.equal(nodeAddress(3, 0, 'loopback'), '127.77.3.129');
  assert.throws(() => hostAddress(3, maxHosts), { code: 'lab-too-large' });
  assert.throws(() => nodeAddress(3, -1, 'hosts'), { code: 'lab-too-large' });
});
