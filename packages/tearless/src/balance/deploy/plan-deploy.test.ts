import assert from 'node:assert/strict';
import { it } from 'node:test';
import { restartDefaults } from '../../config/desired.ts';
import type { DesiredOnion } from '../../config/onions.ts';
import { addLeavings, groupByInstance } from './deploy-wish.ts';
import { planDeploy } from './plan-deploy.ts';
import { dirOf, frontend, seenAs, serviceLines, socks, wishFor, workerAs } from './testing/seen.ts';

const onionWith = (name: string, workers: DesiredOnion['workers']): DesiredOnion => ({
  name,
  key: undefined,
  presigned: undefined,
  clients: undefined,
  address: frontend,
  policy: 'distinct',
  caa: [],
  isCaaCritical: false,
  probePort: 80,
  probe: 'open',
  workers,
});

it('new workers come first, a canary before the others; those that serve change one after another', () => {
  const torrcs: Record<string, string> = { b: serviceLines('shop-w1', false), d: serviceLines('shop-w1', false) };
  const wishes = ['a', 'b', 'c', 'd', 'e'].map((host) => wishFor([workerAs('w1')], { id: `${host}/a`, host }));
  const plan = planDeploy({
    fleet: 'demo',
    network: 'public',
    restart: restartDefaults,
    wishes,
    see: ({ host }) => {
      const torrc = torrcs[host];
      return torrc === undefined ? seenAs(socks) : seenAs(torrc, [dirOf('shop-w1', 5, { obConfig: undefined })]);
    },
    request: {},
    planId: 'p',
    createdAtMs: 0,
  });
  assert.deepEqual(plan.batches, [['a/a'], ['c/a', 'e/a'], ['b/a'], ['d/a']]);
  assert.deepEqual(plan.cost.lines, [
    '3 workers are new',
    '2 running services go off and on, one tor at a time: connections to them end',
    '5 tors reload: their processes and circuits stay',
  ]);
  const [canary, , , serving] = plan.items;
  assert.deepEqual(
    canary?.gates.map(({ kind }) => kind),
    ['tor.unit-stable', 'balance.service-described'],
  );
  assert.deepEqual(
    serving?.undoGates.map(({ kind }) => kind),
    ['tor.unit-stable', 'balance.service-described'],
  );
  assert.ok(!JSON.stringify(plan).includes('secret'));
});

it('workers of one tor go together, those of services that are not asked for stay apart', () => {
  const place = (directory: string, instance = 'a') => ({ host: 'h1', instance, directory });
  const shop = onionWith('shop', [
    workerAs('w1', { place: place('x') }),
    workerAs('w2', { place: place('y', 'b') }),
    { ...workerAs('far'), place: undefined },
    workerAs('w3', { place: place('z') }),
  ]);
  const blog = onionWith('blog', [workerAs('w1', { place: place('q') })]);
  const asked = { onion: shop, address: frontend, probeAddresses: new Map([['w3', 'p.onion']]) };
  const wishes = groupByInstance([asked], [shop, blog]);
  assert.deepEqual(
    wishes.map(({ id, workers, neighbours }) => [id, workers.map(({ name }) => name), neighbours]),
    [
      ['h1/a', ['w1', 'w3'], ['q']],
      ['h1/b', ['w2'], []],
    ],
  );
  assert.deepEqual(wishes[0]?.workers.at(-1)?.masters, [frontend, 'p.onion']);
});

it('only what Tearless made for this service, and what nobody declares, is left over', () => {
  const shop = onionWith('shop', [workerAs('w1')]);
  const asked = [{ onion: shop, address: frontend, probeAddresses: new Map() }];
  const dirs = new Map([
    ['h1/a', [dirOf('shop-w1', 5), dirOf('shop-old', 6), dirOf('site', 7, { isMade: false })]],
    ['h2/b', [dirOf('shop-w2', 8), dirOf('other', 9, { obConfig: { mode: 0o600, text: '# none\n' } })]],
    ['h3/c', [dirOf('other', 9, { obConfig: undefined })]],
  ]);
  const wishes = addLeavings(groupByInstance(asked, [shop]), dirs, asked, [shop]);
  assert.deepEqual(
    wishes.map(({ id, leavings }) => [id, leavings]),
    [
      ['h1/a', ['shop-old']],
      ['h2/b', ['shop-w2']],
    ],
  );
});
