import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArms } from './arms.ts';

const allocators = ['glibc', 'mimalloc', 'jemalloc'];

describe('arms on the command line', () => {
  it('are allocators by name', () => {
    assert.deepEqual(parseArms('glibc, mimalloc', allocators), {
      glibc: { allocator: 'glibc' },
      mimalloc: { allocator: 'mimalloc' },
    });
  });

  it('have names, torrc options and restarts', () => {
    assert.deepEqual(
      parseArms(
        'base=glibc,nodir=glibc+DirCache:0+MaxMemInQueues:512 MB,daily=mimalloc+restart:24h,only=NumCPUs:2',
        allocators,
      ),
      {
        base: { allocator: 'glibc' },
        nodir: { allocator: 'glibc', torrc: { DirCache: '0', MaxMemInQueues: '512 MB' } },
        daily: { allocator: 'mimalloc', restartEvery: '24h' },
        only: { torrc: { NumCPUs: '2' } },
      },
    );
  });

  const wrong: [string, RegExp][] = [
    ['glibc', /two arms/],
    ['glibc,glibc', /names 'glibc' twice/],
    ['glibc,mimaloc', /allocator 'mimaloc' is not declared/],
    ['glibc,x=glibc+restart:often', /'often' is no interval/],
    ['glibc,x=glibc+DirCache', /neither OPTION:VALUE nor restart/],
    ['glibc,-x=glibc', /cannot be the name/],
    ['glibc,', /cannot be the name/],
  ];
  for (const [text, message] of wrong)
    it(`are not '${text}'`, () => {
      assert.throws(() => parseArms(text, allocators), { code: 'experiment-arms', kind: 'usage', message });
    });

  it('suggest an allocator that was meant', () => {
    assert.throws(() => parseArms('glibc,mimaloc', allocators), { hint: /mimalloc/ });
  });
});
