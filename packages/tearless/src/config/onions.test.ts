import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from './config-error.ts';
import { declareOnion, declareWorkerAddress } from './edit-onions.ts';
import { resolveOnions } from './onions.ts';
import { traceOrigins } from './origin.ts';
import { parseConfig } from './parse.ts';

const path = 'tearless.yaml';
const address = (letter: string): string => `${letter.repeat(56)}.onion`;
const base = `# our services
version: 1
fleet: demo
hosts: { h1: {}, h2: {} }
relays: []
`;
const shop = `onions:
  shop: # the one that pays
    key: keys/shop.key
    ports: [80, 443 127.0.0.1:8443]
    workers:
      w1: { host: h1, instance: web } # the old machine
      w2:
        host: h2
        weight: 3
        ports: [80 10.0.0.2:80]
        publishes: false
      far: { address: ${address('b')} }
`;

const problemsOf = (text: string) => {
  try {
    parseConfig(text, path);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(({ code, line, column }) => `${code} ${line}:${column}`);
  }
  return [];
};

describe('balanced onion services as declared', () => {
  it('have their defaults filled in', () => {
    const [onion] = resolveOnions(parseConfig(base + shop, path));
    assert.ok(onion !== undefined);
    assert.deepEqual(
      { ...onion, workers: undefined },
      {
        name: 'shop',
        key: 'keys/shop.key',
        presigned: undefined,
        clients: undefined,
        address: undefined,
        policy: 'distinct',
        caa: [],
        isCaaCritical: false,
        probePort: 80,
        probe: 'open',
        workers: undefined,
      },
    );
    const both = ['80', '443 127.0.0.1:8443'];
    const w1 = { host: 'h1', instance: 'web', directory: 'shop-w1' };
    const w2 = { host: 'h2', instance: 'default', directory: 'shop-w2' };
    assert.deepEqual(onion.workers, [
      { name: 'w1', place: w1, address: undefined, weight: 1, ports: both, publishes: true },
      { name: 'w2', place: w2, address: undefined, weight: 3, ports: ['80 10.0.0.2:80'], publishes: false },
      { name: 'far', place: undefined, address: address('b'), weight: 1, ports: both, publishes: true },
    ]);
  });

  it('are probed at their first port, or at none where no port is known', () => {
    const probesOf = (more: string) => {
      const [onion] = resolveOnions(parseConfig(`${base}onions: { s: { key: k, ${more} } }\n`, path));
      return [onion?.probePort, onion?.probe];
    };
    const far = `{ address: ${address('b')} }`;
    assert.deepEqual(probesOf(`ports: [443 127.0.0.1:8443, 80], workers: { a: ${far} }`), [443, 'open']);
    assert.deepEqual(probesOf(`ports: [443], probePort: 80, probe: http, workers: { a: ${far} }`), [80, 'http']);
    assert.deepEqual(probesOf(`workers: { a: ${far} }`), [null, 'open']);
    assert.deepEqual(probesOf(`workers: { a: ${far}, b: { host: h1, ports: [22] } }`), [22, 'open']);
  });

  const wrong: readonly (readonly [what: string, onions: string, problem: string])[] = [
    ['without a key', 's: { ports: [80], workers: { a: { host: h1 } } }', 'config-onion-no-key 7:6'],
    ['without ports', 's: { key: k, workers: { a: { host: h1 } } }', 'config-onion-no-ports 7:30'],
    ['without workers', 's: { key: k, ports: [80], workers: {} }', 'config-onion-no-workers 7:38'],
    [
      'with a worker that is nowhere',
      's: { key: k, ports: [80], workers: { a: { weight: 2 } } }',
      'config-onion-worker-nowhere 7:43',
    ],
    [
      'on a host that is not declared',
      's: { key: k, ports: [80], workers: { a: { host: h9 } } }',
      'config-unknown-host 7:51',
    ],
    [
      'with a directory of a worker that others set up',
      `s: { key: k, ports: [80], workers: { a: { address: ${address('c')}, directory: x } } }`,
      'config-onion-worker-foreign 7:129',
    ],
    [
      'with the same directory twice',
      's: { key: k, ports: [80], workers: { a: { host: h1, directory: x }, b: { host: h1, directory: x } } }',
      'config-onion-twice 7:74',
    ],
    [
      'with a tor that shall publish and not publish',
      's: { key: k, ports: [80], workers: { a: { host: h1 }, b: { host: h1, publishes: false } } }',
      'config-onion-publishes 7:83',
    ],
    [
      'with a key instead of its path',
      's: { key: "-----BEGIN PRIVATE KEY-----", ports: [80], workers: { a: { host: h1 } } }',
      'config-wrong-value 7:13',
    ],
    [
      'with a port that is none',
      's: { key: k, ports: [80 nowhere], workers: { a: { host: h1 } } }',
      'config-wrong-value 7:24',
    ],
    [
      'with an address that is none',
      's: { key: k, ports: [80], workers: { a: { address: short.onion } } }',
      'config-wrong-value 7:54',
    ],
    [
      'with the directory of a relay’s keys',
      's: { key: k, ports: [80], workers: { a: { host: h1, directory: keys } } }',
      'config-wrong-value 7:66',
    ],
    [
      'with a key that nobody knows',
      's: { key: k, ports: [80], workrs: { a: { host: h1 } }, workers: { a: { host: h1 } } }',
      'config-unknown-key 7:29',
    ],
  ];
  for (const [what, onions, problem] of wrong)
    it(`are refused ${what}`, () => assert.deepEqual(problemsOf(`${base}onions:\n  ${onions}\n`), [problem]));
});

it('every value of an onion service is traced to its line, or to a default', () => {
  const origins = traceOrigins(parseConfig(base + shop, path), base + shop, path).filter(({ name }) =>
    name.startsWith('onions.'),
  );
  assert.deepEqual(
    origins.map(({ name, value, origin }) => `${name} ${value} ${origin.replace(/^[^:]*:/, '')}`),
    [
      'onions.shop.key keys/shop.key 8:5',
      'onions.shop.policy distinct default',
      'onions.shop.probePort 80 default',
      'onions.shop.workers.w1.host h1 11:13',
      'onions.shop.workers.w1.instance web 11:23',
      'onions.shop.workers.w1.directory shop-w1 default',
      'onions.shop.workers.w1.weight 1 default',
      'onions.shop.workers.w1.publishes true default',
      'onions.shop.workers.w2.host h2 13:9',
      'onions.shop.workers.w2.instance default default',
      'onions.shop.workers.w2.directory shop-w2 default',
      'onions.shop.workers.w2.weight 3 14:9',
      'onions.shop.workers.w2.publishes false 16:9',
      `onions.shop.workers.far.address ${address('b')} 17:14`,
      'onions.shop.workers.far.weight 1 default',
    ],
  );
});

describe('an onion service in the text', () => {
  it('gets the address of a worker, and all else stays', () => {
    const text = base + shop;
    const first = declareWorkerAddress(text, path, { onion: 'shop', worker: 'w1', address: address('d') });
    assert.equal(first, text.replace('instance: web }', `instance: web, address: ${address('d')} }`));
    const second = declareWorkerAddress(first, path, { onion: 'shop', worker: 'w2', address: address('e') });
    assert.equal(
      second,
      first.replace('        publishes: false\n', `        publishes: false\n        address: ${address('e')}\n`),
    );
    assert.equal(declareWorkerAddress(second, path, { onion: 'shop', worker: 'w2', address: address('e') }), second);
  });

  it('comes behind the others, a worker a line', () => {
    const onion = { key: '/k', ports: [80], workers: { w1: { address: address('f') } } };
    const lines = `    key: /k\n    ports: [ 80 ]\n    workers:\n      w1: { address: ${address('f')} }\n`;
    assert.equal(declareOnion(base, path, 'news', onion), `${base}onions:\n  news:\n${lines}`);
    assert.equal(declareOnion(base + shop, path, 'news', onion), `${base}${shop}  news:\n${lines}`);
    assert.throws(() => declareOnion(base + shop, path, 'shop', onion), /declared already/);
  });

  it('comes into a file of braces too', () => {
    const json = JSON.stringify({ version: 1, fleet: 'demo', hosts: {}, relays: [] });
    const onion = { key: '/k', ports: [80], workers: { w1: { address: address('f') } } };
    const once = declareOnion(json, path, 'news', onion);
    assert.deepEqual(Object.keys(parseConfig(once, path).onions ?? {}), ['news']);
    const workers = { w1: { address: address('a') } };
    const twice = declareOnion(once, path, 'more', { ...onion, workers });
    assert.deepEqual(Object.keys(parseConfig(twice, path).onions ?? {}), ['news', 'more']);
  });
});
