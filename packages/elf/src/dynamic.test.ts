import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DynamicInfo, type LoadedImage, readDynamic, readLoadedDynamic } from './dynamic.ts';
import { ElfFile } from './elf-file.ts';
import { ElfError } from './error.ts';
import { decodeElfHeader } from './header.ts';
import { decodeProgramHeaders, segmentTypes } from './program-header.ts';

const bytes = readFileSync(new URL('../testdata/libversions.so', import.meta.url));
const base = 0x7f0000000000n;

/** As a loader has it, all of it readable. @param isMoved whether it made addresses of offsets in the dynamic section */
const load = (file: Uint8Array, isMoved: boolean): LoadedImage => {
  const segments = decodeProgramHeaders(file, decodeElfHeader(file));
  const memory = new Uint8Array(0x8000);
  for (const { type, offset, fileBytes, virtualAddress } of segments)
    if (type === segmentTypes.load && virtualAddress < 0x4000n)
      memory.set(file.subarray(offset, offset + Math.min(fileBytes, 0x4000)), Number(virtualAddress));
  const dynamic = segments.find(({ type }) => type === segmentTypes.dynamic);
  const view = new DataView(memory.buffer);
  if (isMoved && dynamic !== undefined)
    for (let at = Number(dynamic.virtualAddress); view.getBigUint64(at, true) !== 0n; at += 16)
      if ([4n, 5n, 6n, 0x6ffffef5n, 0x6ffffff0n, 0x6ffffffcn, 0x6ffffffen].includes(view.getBigUint64(at, true)))
        view.setBigUint64(at + 8, base + view.getBigUint64(at + 8, true), true);
  return {
    base,
    read: (address, lengthBytes) => {
      const from = Number(address - base);
      const to = lengthBytes === undefined ? memory.length : from + lengthBytes;
      return from < 0 || from > memory.length || to > memory.length ? undefined : memory.subarray(from, to);
    },
  };
};

const tell = (info: DynamicInfo | undefined) => ({
  soname: info?.soname,
  libraries: info?.libraries,
  symbols: info?.symbols
    .filter(({ name }) => name !== '')
    .map(({ name, section, type, version }) =>
      [
        `${section === 0 ? 'asks for ' : ''}${name}`,
        type,
        version === undefined ? '-' : `${version.name}${version.isHidden ? ' (hidden)' : ''}`,
        version?.library ?? '',
      ].join(' '),
    )
    .sort(),
});

const expected = {
  soname: 'libversions.so.1',
  libraries: ['libfar.so.2'],
  symbols: [
    'NEW object NEW ',
    'OLD object OLD ',
    'answer function NEW ',
    'answer function OLD (hidden) ',
    'asks for far_away function FAR_1 libfar.so.2',
    'chosen indirect NEW ',
    'near function NEW ',
    'own tls NEW ',
    'shown object NEW ',
  ],
};

describe('what a library asks for and brings', () => {
  it('is read from its file, with versions as readelf tells them', () => {
    assert.deepEqual(tell(readDynamic(new ElfFile(bytes))), expected);
  });

  it('is the same once it is loaded, whether the loader wrote addresses or left offsets', () => {
    for (const isMoved of [true, false]) assert.deepEqual(tell(readLoadedDynamic(load(bytes, isMoved))), expected);
  });

  it('is nothing where only its code can be read', () => {
    const { read } = load(bytes, true);
    const dynamic = decodeProgramHeaders(bytes, decodeElfHeader(bytes)).find(
      ({ type }) => type === segmentTypes.dynamic,
    );
    assert.ok(dynamic !== undefined);
    const sealed = (address: bigint, lengthBytes?: number) =>
      address >= base + dynamic.virtualAddress ? undefined : read(address, lengthBytes);
    assert.equal(readLoadedDynamic({ base, read: sealed }), undefined);
  });

  it('of a damaged library is read or refused, and nothing else happens', () => {
    const places = fc.oneof(fc.nat(0x600), fc.integer({ min: 0xd00, max: bytes.length - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(places, fc.nat(255)), { minLength: 1, maxLength: 10 }), (changes) => {
        const damaged = new Uint8Array(bytes);
        for (const [at, value] of changes) damaged[at] = value;
        for (const read of [() => readDynamic(new ElfFile(damaged)), () => readLoadedDynamic(load(damaged, false))]) {
          try {
            read();
          } catch (error) {
            assert.ok(error instanceof ElfError, String(error));
          }
        }
      }),
      { seed: 7, numRuns: 1500 },
    );
  });
});
