import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LabError } from '../base/lab-error.ts';
import { planNodes, planWebAddress } from './node-plan.ts';

const where = { net: 7, beside: 'loopback', folder: '/lab' } as const;
const counts = { authorities: 3, relays: 2, clients: 1, services: 1 };

suite('plan of a network', () => {
  test('every node has a name, a folder and an address of its own, and none has the web server’s', () => {
    const nodes = planNodes(counts, where);
    assert.deepEqual(
      nodes.map(({ nickname }) => nickname),
      ['authority0', 'authority1', 'authority2', 'relay0', 'relay1', 'client0', 'service0'],
    );
    const addresses = [...nodes.map(({ address }) => address), planWebAddress(7, 'loopback')];
    assert.equal(new Set(addresses).size, addresses.length);
    assert.ok(addresses.every((address) => address.startsWith('127.77.7.')));
    assert.equal(new Set(nodes.map(({ folder }) => folder)).size, nodes.length);
  });

  test('beside hosts the addresses are those of the lab’s bridge', () => {
    const nodes = planNodes(counts, { ...where, beside: 'hosts' });
    assert.ok(nodes.every(({ address }) => address.startsWith('10.77.7.')));
  });

  test('clients, and only they, have a SOCKS socket', () => {
    const roles = planNodes(counts, where).filter(({ socksSocket }) => socksSocket !== undefined);
    assert.deepEqual(
      roles.map(({ role, socksSocket }) => [role, socksSocket]),
      [['client', '/lab/client0/socks.sock']],
    );
  });

  const refused: [string, () => unknown, string][] = [
    ['fewer than four directories', () => planNodes({ ...counts, relays: 0 }, where), 'network-too-small'],
    ['no authority', () => planNodes({ ...counts, authorities: 0, relays: 9 }, where), 'network-too-small'],
    [
      'a folder too long for sockets',
      () => planNodes(counts, { ...where, folder: `/${'x'.repeat(100)}` }),
      'network-path-too-long',
    ],
    ['more nodes than addresses', () => planNodes({ ...counts, relays: 200 }, where), 'lab-too-large'],
  ];
  for (const [what, plan, code] of refused) {
    test(`${what} is refused`, () => {
      assert.throws(plan, (error) => error instanceof LabError && error.code === code);
    });
  }
});
