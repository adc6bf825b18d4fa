import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ElfError } from './error.ts';
import { findSoname } from './soname.ts';
import { buildElf } from './testing/build-elf.ts';

const read = (name: string): Uint8Array => readFileSync(new URL(`../testdata/${name}`, import.meta.url));

describe('the SONAME', () => {
  it('is what the linker was told', () => {
    assert.equal(findSoname(read('libanswer.so')), 'libanswer.so.1');
  });

  it('is absent in a library without one and in a static executable', () => {
    assert.equal(findSoname(read('libanswer-bare.so')), undefined);
    assert.equal(findSoname(buildElf([])), undefined);
  });

  it('cannot be had from the head of a file', () => {
    assert.throws(() => findSoname(read('libmimalloc-2.0.9-amd64.head')), { code: 'elf-truncated' });
  });

  it('of any damaged file is read or refused, and nothing else happens', () => {
    const original = read('libanswer.so');
    const dynamicAt = 0xf40;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.nat(640), fc.integer({ min: dynamicAt, max: dynamicAt + 192 })), fc.nat(255)), {
          maxLength: 10,
        }),
        fc.nat(original.length),
        (changes, length) => {
          const bytes = new Uint8Array(original).subarray(0, length);
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          try {
            findSoname(bytes);
          } catch (error) {
            assert.ok(error instanceof ElfError, String(error));
          }
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
  });
});
