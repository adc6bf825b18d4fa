import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FlowNetwork } from './flow.ts';

describe('a flow', () => {
  it('sends all that fits, along what is cheapest, and takes back an earlier choice for that', () => {
    const network = new FlowNetwork();
    const [source, a, b, sink] = [network.addNode(), network.addNode(), network.addNode(), network.addNode()];
    const arcs = [
      network.addArc(source, a, 2, 0),
      network.addArc(source, b, 1, 0),
      network.addArc(a, b, 1, -5),
      network.addArc(a, sink, 1, 1),
      network.addArc(b, sink, 2, 0),
    ];
    assert.equal(network.send(source, sink), 3);
    assert.deepEqual(
      arcs.map((arc) => network.flowOf(arc)),
      [2, 1, 1, 1, 2],
    );
  });

  it('finds the assignment that trying all of them finds', () => {
    const anyCosts = fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 4, maxLength: 4 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(anyCosts, (costs) => {
        const network = new FlowNetwork();
        const source = network.addNode();
        const sink = network.addNode();
        const right = costs.map(() => network.addNode());
        for (const node of right) network.addArc(node, sink, 1, 0);
        const arcs = costs.flatMap((row) => {
          const left = network.addNode();
          network.addArc(source, left, 1, 0);
          return right.map((node, index) => ({
            cost: row[index] ?? 0,
            arc: network.addArc(left, node, 1, row[index] ?? 0),
          }));
        });
        assert.equal(network.send(source, sink), 4);
        const found = arcs.reduce((sum, { cost, arc }) => sum + cost * network.flowOf(arc), 0);
        assert.equal(found, Math.min(...permutations([0, 1, 2, 3]).map((order) => cost(costs, order))));
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

const cost = (costs: readonly (readonly number[])[], order: readonly number[]): number =>
  order.reduce((sum, column, row) => sum + (costs[row]?.[column] ?? 0), 0);

const permutations = (items: readonly number[]): number[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
