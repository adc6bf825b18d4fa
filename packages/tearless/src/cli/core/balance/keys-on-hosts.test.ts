import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { parseServiceDirs, type ServiceDir } from '../../../balance/deploy/service-dirs.ts';
import type { DeclaredService } from './find-service.ts';
import { type KeysSeen, listWorkerKeys } from './keys-on-hosts.ts';

const publicKey = (number: number): Uint8Array => publicKeyOf(expandSeed(new Uint8Array(32).fill(number)));
const address = (number: number): string => encodeOnionAddress(publicKey(number));

const worker = (name: string, number: number | undefined) => ({
  name,
  place: { host: 'h1', instance: 'a', directory: `shop-${name}` },
  address: number === undefined ? undefined : address(number),
});

const service = (workers: DeclaredService['workers']): DeclaredService => ({
  name: 'shop',
  address: address(9),
  keyFile: undefined,
  presignedFile: undefined,
  clientsFolder: undefined,
  workers,
});

const dir = (name: string, number: number, obConfig = ''): ServiceDir => {
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  const key = Buffer.from(publicKey(number)).toString('hex');
  const [parsed] = parseServiceDirs(`${name} made key ${key} 600 ${obConfig === '' ? '-' : `=${hex(obConfig)}`}`, 'h1');
  assert.ok(parsed !== undefined);
  return parsed;
};

const seen = (...keys: readonly (readonly [where: string, dir: ServiceDir])[]): KeysSeen => ({
  keys: keys.map(([where, one]) => {
    const [host = '', instance = ''] = where.split('/');
    return { host, instance, dir: one };
  }),
  unreachable: new Map(),
});

const list = (declared: DeclaredService, of: KeysSeen | undefined) =>
  listWorkerKeys(declared, of).map(({ kind, where, problems }) => [kind, where, ...problems]);

describe('keys on hosts', () => {
  it('are as declared, and nothing is said of keys of others', () => {
    const keys = seen(['h1/a', dir('shop-one', 1)], ['h1/a', dir('blog', 5)]);
    assert.deepEqual(list(service([worker('one', 1)]), keys), [['worker', 'h1: a/shop-one']]);
  });

  it('that lie with another tor too are shown, each of them', () => {
    const keys = seen(['h1/a', dir('shop-one', 1)], ['h1/b', dir('x', 1)], ['h2/a', dir('shop-one', 1)]);
    const [, ...copies] = list(service([worker('one', 1)]), keys);
    assert.deepEqual(
      copies.map(([kind, where]) => [kind, where]),
      [
        ['copy', 'h1: b/x'],
        ['copy', 'h2: a/shop-one'],
      ],
    );
  });

  it('that are missing, not made yet, or another than declared are told', () => {
    const workers = [worker('one', 1), worker('two', undefined), worker('three', 3)];
    assert.deepEqual(list(service(workers), seen(['h1/a', dir('shop-three', 4)])), [
      ['worker', 'h1: a/shop-one', 'it is not there'],
      ['worker', 'h1: a/shop-two', "it is not made yet: 'tearless balance deploy shop' makes it"],
      ['worker', 'h1: a/shop-three', `it is the key of ${address(4)}, not of ${address(3)} as declared`],
    ]);
    assert.deepEqual(list(service(workers.slice(0, 1)), undefined), [['worker', 'h1: a/shop-one']], 'nobody was asked');
  });

  it('of the address itself have no business there', () => {
    const [, [kind, where, problem] = []] = list(
      service([worker('one', 1)]),
      seen(['h1/a', dir('shop-one', 1)], ['h1/b', dir('web', 9)]),
    );
    assert.deepEqual([kind, where], ['identity', 'h1: b/web']);
    assert.match(problem ?? '', /whoever has that host is the service/);
  });

  it('that were kept, or are left of a worker that was, are shown', () => {
    const keys = seen(
      ['h1/a', dir('shop-one', 1)],
      ['h1/a', dir('shop-one.kept-20260101', 2)],
      ['h1/b', dir('shop-gone', 3, `MasterOnionAddress ${address(9)}\n`)],
    );
    assert.deepEqual(list(service([worker('one', 1)]), keys).slice(1), [
      ['left', 'h1: a/shop-one.kept-20260101'],
      ['left', 'h1: b/shop-gone'],
    ]);
  });
});
