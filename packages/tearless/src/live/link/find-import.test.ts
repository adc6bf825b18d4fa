import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DynamicSymbol } from '@tearless/elf/dynamic.ts';
import type { MappedLibrary } from '../process/mapped-libraries.ts';
import { findImport } from './find-import.ts';

type Version = readonly [name: string, isHidden: boolean];

const symbol = (value: number, version?: Version, type: DynamicSymbol['type'] = 'function'): DynamicSymbol => ({
  index: 1,
  name: 'wanted',
  binding: 'global',
  type,
  value: BigInt(value),
  sizeBytes: 4,
  section: 7,
  file: null,
  version: version === undefined ? undefined : { name: version[0], library: null, isHidden: version[1] },
});

const library = (
  soname: string,
  symbols: readonly DynamicSymbol[],
  more: Partial<MappedLibrary> = {},
): MappedLibrary => ({
  path: `/lib/${soname}`,
  base: 0x1000n,
  soname,
  libraries: [],
  brings: new Map([['wanted', symbols]]),
  head: { buildId: 'ab'.repeat(20), address: 0x1000n, bytes: new Uint8Array(8) },
  ...more,
});

const find = (loaded: readonly MappedLibrary[], version?: string, libraries: readonly string[] = ['a.so']) => {
  const asked = { version, library: version === undefined ? undefined : 'a.so', isThread: false, isCopied: false };
  const {
    address,
    kind,
    library: from,
  } = findImport('wanted', { names: new Map([['wanted', asked]]), libraries }, loaded);
  return [Number(address - 0x1000n), kind, from.soname];
};

describe('what new code asks of a library', () => {
  const both = [symbol(1, ['V1', true]), symbol(2, ['V2', false])];

  it('is the version that the program was linked with, also a former one', () => {
    assert.deepEqual(find([library('a.so', both)], 'V1'), [1, 'function', 'a.so']);
    assert.deepEqual(find([library('a.so', both)], 'V2'), [2, 'function', 'a.so']);
    assert.throws(() => find([library('a.so', both)], 'V3'), { code: 'live-import-missing', subject: 'wanted' });
  });

  it('without a version is what has none, or the only one that there is', () => {
    assert.deepEqual(find([library('a.so', [symbol(5)])]), [5, 'function', 'a.so']);
    assert.deepEqual(find([library('a.so', [symbol(2, ['V2', false])])]), [2, 'function', 'a.so']);
    assert.throws(() => find([library('a.so', both)]), { code: 'live-import-ambiguous', message: /several versions/ });
    assert.throws(() => find([library('a.so', [symbol(1, ['V1', true])])]), { code: 'live-import-missing' });
  });

  it('is taken from the first library that the program asks for, then from those that these ask for', () => {
    const loaded = [
      library('deep.so', [symbol(3)]),
      library('b.so', [symbol(2)]),
      library('a.so', [], { libraries: ['deep.so'] }),
    ];
    assert.deepEqual(find(loaded, undefined, ['a.so', 'b.so']), [2, 'function', 'b.so']);
  });

  it('is refused where a library that nobody asks for has it too', () => {
    const loaded = [library('preloaded.so', [symbol(9)]), library('a.so', both)];
    assert.throws(() => find(loaded, 'V2'), { code: 'live-import-ambiguous', message: /a\.so and preloaded\.so/ });
  });

  it('is refused where a library cannot say what it has', () => {
    const loaded = [library('a.so', both), library('odd.so', [], { brings: undefined })];
    assert.throws(() => find(loaded, 'V2'), { code: 'live-import-unread', message: /odd\.so/ });
  });

  it('is refused from a library without a build-id', () => {
    assert.throws(() => find([library('a.so', both, { head: undefined })], 'V2'), { code: 'live-import-unfit' });
  });

  it('is told apart by what it is', () => {
    assert.deepEqual(find([library('a.so', [symbol(6, undefined, 'indirect')])]), [6, 'chooser', 'a.so']);
    assert.deepEqual(find([library('a.so', [symbol(6, undefined, 'object')])]), [6, 'variable', 'a.so']);
    assert.throws(() => find([library('a.so', [symbol(6, undefined, 'tls')])]), { code: 'live-import-unfit' });
    const absolute = { ...symbol(6, undefined, 'object'), section: 0xfff1 };
    assert.throws(() => find([library('a.so', [absolute])]), { code: 'live-import-unfit' });
  });
});
