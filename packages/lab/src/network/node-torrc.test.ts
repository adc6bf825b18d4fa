import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { planNodes } from './node-plan.ts';
import { planVotingOffset, renderCommon, renderDirAuthority, renderTorrc } from './node-torrc.ts';

const counts = { authorities: 3, relays: 2, clients: 1, services: 1 };
const nodes = planNodes(counts, { net: 7, beside: 'loopback', folder: '/lab' });
const voting = { intervalSeconds: 10, firstIntervalSeconds: 5 };
const dirAuthorityLines = ['DirAuthority a', 'DirAuthority b'];
const linesOf = (nickname: string, family: string[] = []): string[] => {
  const node = nodes.find((one) => one.nickname === nickname);
  assert.ok(node !== undefined);
  return renderTorrc(node, {
    dirAuthorityLines,
    voting,
    family,
    fleetNodes: ['$AA', '10.77.7.0/25'],
    webSocket: '/lab/web.sock',
  }).split('\n');
};

suite('torrc of a node', () => {
  test('every node is of this network and of no other', () => {
    for (const { nickname } of nodes) {
      const lines = linesOf(nickname);
      for (const line of renderCommon(dirAuthorityLines)) assert.ok(lines.includes(line), `${nickname}: ${line}`);
    }
  });

  test('no node listens for control or SOCKS on the network', () => {
    for (const { nickname } of nodes) {
      for (const line of linesOf(nickname).filter((one) => /^(ControlPort|SocksPort) /.test(one))) {
        assert.match(line, / (unix:\/lab\/|0$)/);
      }
    }
  });

  test('only authorities vote, and they are no exits', () => {
    assert.ok(linesOf('authority0').includes('V3AuthVotingInterval 10'));
    assert.ok(linesOf('authority0').includes('ExitPolicy reject *:*'));
    assert.ok(!linesOf('relay0').some((line) => line.startsWith('V3AuthVotingInterval')));
  });

  test('relays of a family name each other', () => {
    assert.ok(linesOf('relay0', ['AA', 'BB']).includes('MyFamily $AA,$BB'));
    assert.ok(!linesOf('relay0').some((line) => line.startsWith('MyFamily')));
  });

  test('a service leads to the web server and tells it the circuit', () => {
    const lines = linesOf('service0');
    assert.ok(lines.includes('HiddenServicePort 80 unix:/lab/web.sock'));
    assert.ok(lines.includes('HiddenServiceExportCircuitID haproxy'));
  });

  test('a service, and only a service, keeps out of the fleet', () => {
    const excluding = nodes.filter(({ nickname }) => linesOf(nickname).includes('ExcludeNodes $AA,10.77.7.0/25'));
    assert.deepEqual(
      excluding.map(({ role }) => role),
      ['service'],
    );
  });

  test('a DirAuthority line names both keys and both ports', () => {
    const [node] = nodes;
    assert.ok(node !== undefined);
    assert.equal(
      renderDirAuthority(node, { v3Identity: 'V3', fingerprint: 'FP' }),
      'DirAuthority authority0 orport=9001 no-v2 v3ident=V3 127.77.7.130:9030 FP',
    );
  });

  test('the voting offset begins an interval one second from now', () => {
    for (const now of [1000, 1001.9, 1004]) {
      const offset = planVotingOffset(now, 5);
      assert.ok(offset >= 0 && offset < 5);
      assert.equal((Math.floor(now) + 1 - offset) % 5, 0);
    }
  });
});
