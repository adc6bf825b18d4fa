import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findBuildId } from './build-id.ts';
import { ElfError } from './error.ts';
import { segmentTypes } from './program-header.ts';
import { buildElf, buildNote } from './testing/build-elf.ts';

const read = (name: string): Uint8Array => readFileSync(new URL(`../testdata/${name}`, import.meta.url));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the GNU build-id', () => {
  const known = {
    'libanswer.so': '57f5424c3ce0362aa02110ad3bf3f1612ba8aef3',
    'libmimalloc-2.0.9-amd64.head': 'd07f4e7dc9a039fcbe7747f416476bd65cb48e8b',
    'libjemalloc-5.3.0-amd64.head': '16d086887ed57ed2350b288be499d57e5e595e73',
  };
  for (const [name, buildId] of Object.entries(known))
    it(`of ${name} is what readelf says`, () => assert.equal(findBuildId(read(name)), buildId));

  it('is absent where the linker wrote none', () => {
    assert.equal(findBuildId(read('libanswer-bare.so')), undefined);
    assert.equal(findBuildId(buildElf([])), undefined);
  });

  it('is found among other notes, in either byte order and both alignments', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.boolean(),
        fc.constantFrom(4, 8),
        fc.array(
          fc.record({ owner: fc.constantFrom('GNU', 'stapsdt', ''), type: fc.constantFrom(1, 5), size: fc.nat(20) }),
          { maxLength: 4 },
        ),
        (buildId, littleEndian, align, others) => {
          const options = { littleEndian, align };
          const notes = [
            ...others.map(({ owner, type, size }) => buildNote(owner, type, new Uint8Array(size), options)),
            buildNote('GNU', 3, buildId, options),
          ];
          const content = Buffer.concat(notes);
          const file = buildElf(
            [
              { type: segmentTypes.load, content: new Uint8Array(16) },
              { type: segmentTypes.note, align, content },
            ],
            { littleEndian },
          );
          assert.equal(findBuildId(file), hex(buildId));
        },
      ),
      { seed: 5 },
    );
  });

  it('of another owner with the same type is none', () => {
    const content = buildNote('FDO', 3, new Uint8Array(20));
    assert.equal(findBuildId(buildElf([{ type: segmentTypes.note, content }])), undefined);
  });

  it('that may lie beyond the bytes at hand is said to be cut off, not absent', () => {
    const file = buildElf([{ type: segmentTypes.note, content: buildNote('GNU', 3, new Uint8Array(20)) }]);
    for (const length of [100, file.length - 8])
      assert.throws(() => findBuildId(file.subarray(0, length)), { name: 'ElfError', code: 'elf-truncated' });
  });

  it('needs no more of the file than its own note when another one is cut off', () => {
    const file = buildElf([
      { type: segmentTypes.note, content: buildNote('GNU', 3, new Uint8Array([1, 2])) },
      { type: segmentTypes.note, content: buildNote('GNU', 5, new Uint8Array(400)) },
    ]);
    assert.equal(findBuildId(file.subarray(0, 220)), '0102');
  });

  it('of what is no ELF64 file is refused, with the offset', () => {
    const bits32 = Buffer.from(read('libanswer.so'));
    bits32[4] = 1;
    const strange = Buffer.from(read('libanswer.so'));
    strange[5] = 7;
    assert.throws(() => findBuildId(new TextEncoder().encode('#!/bin/sh\n')), { code: 'elf-not-elf', offset: 0 });
    assert.throws(() => findBuildId(new Uint8Array()), { code: 'elf-not-elf' });
    assert.throws(() => findBuildId(bits32), { code: 'elf-unsupported', offset: 4 });
    assert.throws(() => findBuildId(strange), { code: 'elf-unsupported', offset: 5 });
    assert.throws(() => findBuildId(read('libanswer.so').subarray(0, 63)), { code: 'elf-truncated' });
  });

  it('of any damaged file is read or refused, and nothing else happens', () => {
    const original = read('libmimalloc-2.0.9-amd64.head');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { maxLength: 12 }),
        fc.array(fc.tuple(fc.integer({ min: 16, max: 700 }), fc.nat(255)), { maxLength: 12 }),
        fc.nat(original.length),
        (anywhere, inHeaders, length) => {
          const bytes = new Uint8Array(original).subarray(0, length);
          for (const [at, value] of [...anywhere, ...inHeaders]) if (at < length) bytes[at] = value;
          try {
            findBuildId(bytes);
          } catch (error) {
            assert.ok(error instanceof ElfError, String(error));
          }
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
  });
});
