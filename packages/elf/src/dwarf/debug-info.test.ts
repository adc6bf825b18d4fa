import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ElfFile } from '../elf-file.ts';
import { ElfError } from '../error.ts';
import { type DebugInfo, findDefinition, readDebugInfo } from './debug-info.ts';
import type { Member } from './type.ts';
import { bareType, sizeOfType } from './type.ts';

const read = (name: string): Uint8Array => readFileSync(new URL(`../../testdata/dwarf/${name}`, import.meta.url));
const files = ['gcc-dwarf5.o', 'gcc-dwarf4.o', 'gcc-dwarf5-zlib.so', 'clang-dwarf5.o'];

/** `layouts.c` keeps what the compiler itself says of sizes and offsets in a table of constants. */
const readTruth = (bytes: Uint8Array): number[] => {
  const file = new ElfFile(bytes);
  const symbol = file.symbols.find(({ name }) => name === 'truth');
  const section = file.sections[symbol?.section ?? 0];
  assert.ok(symbol !== undefined && section !== undefined);
  const content = file.content(section);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const from = Number(symbol.value - section.address);
  return Array.from({ length: symbol.sizeBytes / 8 }, (_, index) => Number(view.getBigUint64(from + index * 8, true)));
};

const membersOf = (info: DebugInfo, kind: 'struct' | 'typedef', name: string): readonly Member[] => {
  const definition = findDefinition(info, kind, name);
  assert.ok(definition !== undefined && definition.tag !== 'enum');
  return definition.members;
};

for (const name of files) {
  describe(`debug information of ${name}`, () => {
    const bytes = read(name);
    const info = readDebugInfo(bytes);

    it('has the layouts that the compiler itself says', () => {
      const members = membersOf(info, 'struct', 'node');
      const offset = (wanted: string): number | undefined => members.find((one) => one.name === wanted)?.byteOffset;
      const [, inner] = membersOf(info, 'typedef', 'anon_t');
      const found = [
        findDefinition(info, 'struct', 'node')?.byteSize,
        ...['next', 'name', 'tail', 'inner', 'hook', 'colour', 'ok', 'hidden', 'flex'].map(offset),
        findDefinition(info, 'typedef', 'anon_t')?.byteSize,
        inner?.byteOffset,
      ];
      assert.deepEqual(found, readTruth(bytes));
    });

    it('has bit-fields by their bits', () => {
      const fields = membersOf(info, 'struct', 'node').filter(({ bitSize }) => bitSize !== null);
      assert.deepEqual(
        fields.map(({ name: field, byteOffset, bitOffset, bitSize }) => [field, byteOffset, bitOffset, bitSize]),
        [
          ['flags', 16, 0, 3],
          ['wide', 16, 3, 20],
        ],
      );
    });

    it('has types as C writes them', () => {
      const text = new Map(membersOf(info, 'struct', 'node').map((member) => [member.name, member.type.text]));
      assert.equal(text.get('next'), 'struct node *');
      assert.equal(text.get('name'), 'const char *');
      assert.equal(text.get('tail'), 'int[4][2]');
      assert.equal(text.get('hook'), 'int (*)(struct node *, ...)');
      assert.match(text.get('hidden') ?? '', /^(volatile )?struct opaque \* const$/);
      assert.equal(text.get('flex'), 'char[]');
    });

    it('has enumerators with their values, negative ones too', () => {
      const colour = findDefinition(info, 'enum', 'colour');
      assert.deepEqual(colour?.tag === 'enum' && colour.enumerators, [
        ['RED', -1],
        ['GREEN', 5],
        ['BLUE', 6],
      ]);
    });

    it('has what each name of a type stands for', () => {
      assert.deepEqual(
        info.typedefs.get('uint8_t')?.map(({ text }) => text),
        ['__uint8_t'],
      );
      assert.deepEqual(
        info.typedefs.get('anon_t')?.map(({ kind }) => kind),
        ['anonymous'],
      );
    });

    it('has no definition of what is only declared', () => {
      assert.equal(findDefinition(info, 'struct', 'opaque'), undefined);
    });

    it('has variables at the addresses of their symbols, those within functions too', () => {
      const { symbols, header } = new ElfFile(bytes);
      const names = ['shared', 'list', 'calls', 'inlined_static'];
      for (const wanted of names) {
        const variable = info.variables.find((one) => one.name === wanted);
        assert.ok(variable !== undefined, wanted);
        assert.equal(variable.unit, 'layouts.c');
        if (header.type === 1) continue;
        const symbol = symbols.find((one) => one.name === wanted || one.name.startsWith(`${wanted}.`));
        assert.equal(variable.address, symbol?.value, wanted);
      }
      assert.equal(info.variables.find((one) => one.name === 'per_thread')?.address, null);
      const external = (wanted: string) => info.variables.find((one) => one.name === wanted)?.isExternal;
      assert.deepEqual([external('shared'), external('calls')], [true, false]);
    });

    it('has functions with their types and where their code lies', () => {
      const find = (wanted: string) => info.functions.filter((one) => one.name === wanted);
      assert.deepEqual(
        ['run', 'counter', 'hot', 'die'].map((one) =>
          find(one).map(({ type, isExternal, isNoreturn }) => [type.text, isExternal, isNoreturn]),
        ),
        [
          [['int (int, char * *)', true, false]],
          [['int (void)', false, false]],
          [['int (int)', false, false]],
          [['void (struct opaque *)', true, true]],
        ],
      );
      const { symbols } = new ElfFile(bytes);
      for (const wanted of ['run', 'counter', 'die']) {
        const [{ ranges } = { ranges: [] }] = find(wanted);
        const symbol = symbols.find((one) => one.name === wanted);
        assert.ok(
          ranges.some(([from, to]) => from === symbol?.value && to - from === BigInt(symbol?.sizeBytes ?? 0)),
          wanted,
        );
      }
      assert.deepEqual(find('hot')[0]?.ranges, []);
    });
  });
}

describe('debug information', () => {
  it('of functions that compilers split has both parts', () => {
    const [run] = readDebugInfo(read('gcc-dwarf5-zlib.so')).functions.filter(({ name }) => name === 'run');
    assert.equal(run?.ranges.length, 2);
  });

  it('gives the size of any type that has one', () => {
    const info = readDebugInfo(read('gcc-dwarf5.o'));
    const size = new Map(
      membersOf(info, 'struct', 'node').map(({ name, type }) => [
        name,
        sizeOfType(type, (kind, wanted) => findDefinition(info, kind, wanted)),
      ]),
    );
    assert.deepEqual(
      ['next', 'tail', 'inner', 'colour', 'ok', 'flex'].map((name) => size.get(name)),
      [8, 32, 16, 4, 1, null],
    );
    assert.equal(bareType(info.variables.find(({ name }) => name === 'list')?.type ?? assert.fail()).kind, 'pointer');
  });

  it('that is not there is told', () => {
    const stripped = readFileSync(new URL('../../testdata/libanswer.so', import.meta.url));
    assert.throws(() => readDebugInfo(stripped), /no debug information/);
  });

  it('that is damaged is refused and nothing worse', () => {
    const whole = read('gcc-dwarf5.o');
    const file = new ElfFile(whole);
    const parts = ['.debug_info', '.debug_abbrev', '.rela.debug_info'].flatMap((name) => file.section(name) ?? []);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(2),
        (changes, which) => {
          const bytes = new Uint8Array(whole);
          const part = parts[which];
          assert.ok(part !== undefined);
          for (const [at, value] of changes) bytes[part.offset + (at % part.sizeBytes)] = value;
          try {
            readDebugInfo(bytes);
          } catch (error) {
            if (!(error instanceof ElfError)) throw error;
          }
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });
});
