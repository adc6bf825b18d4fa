// Where names lead that the program has had to do with before: bound to nothing, copied, or of its own.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DynamicSymbol } from '@tearless/elf/dynamic.ts';
import type { AskedName } from '../image/asked-names.ts';
import type { MappedLibrary } from '../process/mapped-libraries.ts';
import type { Generation } from './generation.ts';
import { asksAnew, Imports } from './imports.ts';

const base = 0x70000n;
const symbol = (name: string, value: bigint, type: DynamicSymbol['type']): [string, DynamicSymbol[]] => [
  name,
  [{ index: 1, name, binding: 'global', type, value, sizeBytes: 8, section: 7, file: null, version: undefined }],
];
const library: MappedLibrary = {
  path: '/lib/a.so',
  base,
  soname: 'a.so',
  libraries: [],
  brings: new Map([
    symbol('table', 0x10n, 'object'),
    symbol('__table', 0x10n, 'object'),
    symbol('other', 0x20n, 'object'),
  ]),
  head: { buildId: 'ab'.repeat(20), address: base, bytes: new Uint8Array(8) },
};
const slots = (name: string, address: bigint, version?: string): Generation['imports'] =>
  new Map([[name, { address, version }]]);

/** What one name leads to, and whether the libraries have to be looked at for it. */
const reach = (name: string, former: Partial<Generation>, asked: Partial<AskedName> = {}) => {
  const wish = { version: undefined, library: undefined, isThread: false, isCopied: false, ...asked };
  const all = { names: new Map([[name, wish]]), libraries: ['a.so'] };
  const generation: Generation = {
    addresses: new Map(),
    imports: new Map(),
    copies: new Map(),
    initial: new Map(),
    ...former,
  };
  const looks = asksAnew({ imports: new Set([name]), asked: all }, generation);
  return [looks, new Imports(all, generation, () => [library]).reach(name)] as const;
};

it('what the program is bound to stays, where new code asks for the same', () => {
  const bound = { kind: 'function', address: 0x99n };
  assert.deepEqual(reach('act', { imports: slots('act', 0x99n, 'V1') }, { version: 'V1' }), [false, bound]);
  assert.deepEqual(reach('act', { imports: slots('act', 0x99n) }), [false, bound]);
});

it('what the program could do without is nothing that new code may call', () => {
  assert.throws(() => reach('act', { imports: slots('act', 0n) }), { code: 'live-import-missing', subject: 'act' });
});

it('another version than the program is bound to is looked for', () => {
  const missing = { code: 'live-import-missing', subject: 'act' };
  assert.throws(() => reach('act', { imports: slots('act', 0x99n, 'V1') }, { version: 'V2' }), missing);
});

it('a variable that the program has a copy of lies there, by each of its names', () => {
  const copies = new Map([['table', 0x42n]]);
  const there = { kind: 'program', address: 0x42n };
  assert.deepEqual(reach('table', { copies }), [true, there]);
  assert.deepEqual(reach('__table', { copies }), [true, there]);
  assert.deepEqual(reach('table', { copies }, { isCopied: true }), [false, there]);
  assert.deepEqual(reach('other', { copies }), [true, { kind: 'variable', address: base + 0x20n }]);
});

it('a variable of a library is not one of the program that had its name', () => {
  const addresses = new Map([['table', 0x55n]]);
  assert.deepEqual(reach('table', { addresses })[1], { kind: 'variable', address: base + 0x10n });
  assert.throws(() => reach('table', { addresses }, { isCopied: true }), { code: 'live-link-unresolved' });
});
