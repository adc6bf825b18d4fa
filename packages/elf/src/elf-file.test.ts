import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ElfFile } from './elf-file.ts';
import { ElfError } from './error.ts';
import { decodeRelocations, x86_64Relocations } from './relocation.ts';
import { sectionFlags } from './section.ts';

const file = (name: string): ElfFile =>
  new ElfFile(readFileSync(new URL(`../testdata/dwarf/${name}`, import.meta.url)));
const is = (code: string) => (error: unknown) => error instanceof ElfError && error.code === code;

describe('a whole ELF file', () => {
  it('has its sections by name, with what belongs to what', () => {
    const { sections } = file('gcc-dwarf5.o');
    const symtab = sections.find(({ name }) => name === '.symtab');
    const rela = sections.find(({ name }) => name === '.rela.text');
    assert.equal(sections[symtab?.link ?? 0]?.name, '.strtab');
    assert.equal(sections[rela?.info ?? 0]?.name, '.text');
    const text = sections.find(({ name }) => name === '.text');
    assert.equal((text?.flags ?? 0) & sectionFlags.execute, sectionFlags.execute);
  });

  it('has its symbols, locals with the source file that they stand in', () => {
    const { symbols } = file('gcc-dwarf5.o');
    const find = (wanted: string) => symbols.find(({ name }) => name === wanted);
    assert.deepEqual(
      ['run', 'counter', 'shared', 'per_thread'].map((name) => {
        const { binding, type, file: source } = find(name) ?? {};
        return [name, binding, type, source];
      }),
      [
        ['run', 'global', 'function', null],
        ['counter', 'local', 'function', 'layouts.c'],
        ['shared', 'global', 'object', null],
        ['per_thread', 'local', 'tls', 'layouts.c'],
      ],
    );
    assert.equal(find('shared')?.sizeBytes, 4);
  });

  it('has its relocations', () => {
    const one = file('gcc-dwarf5.o');
    const rela = one.section('.rela.text');
    assert.ok(rela !== undefined);
    const relocations = decodeRelocations(one.content(rela), true);
    const calls = relocations.filter(({ type }) => type === x86_64Relocations.pc32 || type === x86_64Relocations.plt32);
    assert.ok(calls.length > 0);
    assert.ok(relocations.every(({ symbol }) => symbol < one.symbols.length));
    assert.ok(calls.some(({ symbol, addend }) => one.symbols[symbol]?.name === 'list' && addend === -4n));
  });

  it('gives compressed sections inflated', () => {
    const one = file('gcc-dwarf5-zlib.so');
    const info = one.section('.debug_info');
    assert.ok(info !== undefined && (info.flags & sectionFlags.compressed) !== 0);
    // The length of its first unit is that of the whole, less the length itself.
    const content = one.content(info);
    assert.equal(new DataView(content.buffer, content.byteOffset).getUint32(0, true), content.length - 4);
  });

  it('that is cut off is refused, wherever it is cut', () => {
    const { bytes } = file('gcc-dwarf5.o');
    for (let length = 0; length < bytes.length; length += 7) {
      assert.throws(() => {
        const cut = new ElfFile(bytes.subarray(0, length));
        for (const section of cut.sections) cut.content(section);
        return cut.symbols;
      }, ElfError);
    }
  });

  it('whose compressed section does not inflate is refused by the name of that section', () => {
    const bytes = new Uint8Array(file('gcc-dwarf5-zlib.so').bytes);
    const one = new ElfFile(bytes);
    const info = one.section('.debug_info');
    assert.ok(info !== undefined);
    bytes.fill(0x55, info.offset + 30, info.offset + 60);
    assert.throws(
      () => one.content(info),
      (error) => is('elf-malformed')(error) && /\.debug_info/.test(String(error)),
    );
  });
});
