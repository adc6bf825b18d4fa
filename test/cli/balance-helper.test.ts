import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInDirectory } from './harness.ts';

const address = '25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion';
const config = (workers: string): string => `version: 1
fleet: demo
hosts: { h1: { address: 127.0.0.1, port: 1 }, h2: { address: 127.0.0.1, port: 1 }, here: { local: true } }
relays: []
onions:
  shop:
    key: frontend.key
    ports: [80 127.0.0.1:8080]
    workers: { ${workers} }
`;
const deployed = config(`w1: { host: h1, address: ${address} }`);

const run = (words: readonly string[], text = deployed) =>
  runInDirectory(['balance', 'helper', ...words], { 'tearless.yaml': text });

describe('balance helper', () => {
  it('key shows one public key', async () => {
    const { exitCode, stdout } = await run(['key']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^ssh-ed25519 [A-Za-z0-9+/]{68}\n$/);
  });

  it('enrol shows which services it is about, and asks', async () => {
    const { exitCode, stdout, stderr } = await run(['enrol']);
    assert.equal(exitCode, 5);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`^h1: shop/w1, tor@default, ${address} port 80$`, 'm'));
    assert.match(stderr, /cli-no-terminal: nobody can be asked: let the balancer follow these on h1\?/);
  });

  it('enrol ends with 4 when there is no way to the host', async () => {
    const { exitCode, stderr } = await run(['enrol', '--yes']);
    assert.equal(exitCode, 4);
    assert.match(stderr, /ssh-unreachable: h1: cannot connect to root@127\.0\.0\.1 port 1/);
  });

  const refused: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['a worker that has no address yet', ['enrol'], config('w1: { host: h1 }'), /shop\/w1 on h1 has no address yet/],
    ['a host without workers', ['enrol', 'h2'], deployed, /declares no worker on h2/],
    [
      'a configuration without workers on hosts',
      ['enrol'],
      config(`w1: { address: ${address} }`),
      /declares no worker/,
    ],
    [
      'this machine, which needs no way',
      ['enrol', 'here'],
      config('w1: { host: here }'),
      /here is this machine itself/,
    ],
    ['a host that is not declared', ['enrol', 'h3'], deployed, /there is no host 'h3'/],
    ['a file that holds no key', ['enrol', '--public-key', 'tearless.yaml'], deployed, /not one public key/],
  ];
  for (const [what, words, text, why] of refused)
    it(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await run([...words, '--yes'], text);
      assert.notEqual(exitCode, 0);
      assert.match(stderr, why);
    });

  it('remove ends with 4 when there is no way to the host', async () => {
    const { exitCode, stderr } = await run(['remove', 'h1', '--yes']);
    assert.equal(exitCode, 4);
    assert.match(stderr, /ssh-unreachable/);
  });
});
