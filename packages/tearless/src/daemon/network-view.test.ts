import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Controller } from '@tearless/tor/control/controller.ts';
import { renderConsensus } from '@tearless/tor/netdoc/render-consensus.ts';
import { generateConsensus } from '@tearless/tor/netdoc/testing/generate-consensus.ts';
import { readNetworkView } from './network-view.ts';
import { openFakeTor } from './testing/fake-control.ts';
import { addShares, networkShares } from './weight.ts';

const read = async (info: Record<string, string>) => {
  await using controller = await Controller.open(openFakeTor({ info, conf: {} }));
  return await readNetworkView(controller);
};
const document = (flavor: 'ns' | 'microdesc') => renderConsensus(generateConsensus({ relays: 50, flavor }));

test('the flavour with descriptors is preferred, and its vote and weights are read', async () => {
  const view = await read({
    'dir/status-vote/current/consensus': document('ns'),
    'dir/status-vote/current/consensus-microdesc': document('microdesc'),
  });
  const made = generateConsensus({ relays: 50 });
  assert.equal(view.relays.size, 50);
  assert.equal(view.validAfterMs, made.validAfterMs);
  assert.equal(view.votedMs, made.validAfterMs - 600_000);
  assert.equal(view.weights.get('Wgg'), (made.bandwidthWeights.get('Wgg') ?? 0) / 10_000);
  const [first] = made.routers;
  assert.ok(first);
  const relay = view.relays.get(first.fingerprint);
  assert.equal(relay?.descriptorDigest, first.descriptorDigest);
  assert.deepEqual([...(relay?.flags ?? [])], [...first.flags]);
  const shareOf = networkShares(view);
  const sum = addShares(made.routers.map(({ fingerprint }) => shareOf(fingerprint)));
  assert.ok(Math.abs(sum.guard - 1) < 1e-9 && Math.abs(sum.hsDir - 1) < 1e-9);
});

test('a relay that is no directory cache has the other flavour', async () => {
  const view = await read({ 'dir/status-vote/current/consensus-microdesc': document('microdesc') });
  assert.equal(view.relays.size, 50);
  assert.ok([...view.relays.values()].every(({ descriptorDigest }) => descriptorDigest === undefined));
});

test('an instance without a consensus says so', async () => {
  await assert.rejects(read({}), (error: { name?: string }) => error.name === 'TorError');
});
