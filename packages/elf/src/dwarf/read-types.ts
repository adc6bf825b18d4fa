// From entries to types. Each distinct type is made once for the whole file: thousands of units repeat what headers declare.
import { ElfError } from '../error.ts';
import { at, tag } from './constants.ts';
import type { Entry } from './entry.ts';
import { type DefinedTag, type Member, type Qualifier, type TypeDefinition, type TypeRef, voidType } from './type.ts';

const definedTags = new Map<number, DefinedTag>([
  [tag.structureType, 'struct'],
  [tag.unionType, 'union'],
  [tag.enumerationType, 'enum'],
]);
const qualifiers = new Map<number, Qualifier>([
  [tag.constType, 'const'],
  [tag.volatileType, 'volatile'],
  [tag.restrictType, 'restrict'],
  [tag.atomicType, '_Atomic'],
]);

/** DWARF's operation that adds a number to an address: how DWARF 2 gave the place of a member. */
const plusUconst = 0x23;
/** Types within types within types: no program nests them so deep. */
const mostDepth = 200;

export class TypeReader {
  #entries: ReadonlyMap<number, Entry> = new Map();
  /** By text. */
  readonly #interned = new Map<string, TypeRef>();
  /** By offset of their entry. */
  readonly #refs = new Map<number, TypeRef>();
  readonly #definitions = new Map<number, TypeDefinition | undefined>();
  readonly #byText = new Map<string, TypeDefinition>();
  #depth = 0;

  /** From here on, offsets are those of other entries; types that are known stay so. */
  enter(entries: ReadonlyMap<number, Entry>): void {
    this.#entries = entries;
    this.#refs.clear();
    this.#definitions.clear();
  }

  /** The type that an entry refers to; `void` where it refers to none. @throws ElfError `elf-malformed` */
  typeAt(offset: number | undefined): TypeRef {
    if (offset === undefined) return voidType;
    const known = this.#refs.get(offset);
    if (known !== undefined) return known;
    const entry = this.#entries.get(offset);
    if (entry === undefined) throw new ElfError('elf-malformed', offset, 'there is no type where one is referred to');
    if (++this.#depth > mostDepth) throw new ElfError('elf-malformed', offset, 'a type contains itself');
    const ref = this.#intern(this.#make(entry));
    this.#depth -= 1;
    this.#refs.set(offset, ref);
    return ref;
  }

  /** What a struct, union or enum consists of; undefined for a mere declaration and for anything else. */
  define(entry: Entry): TypeDefinition | undefined {
    if (this.#definitions.has(entry.offset)) return this.#definitions.get(entry.offset);
    const made = this.#define(entry);
    const definition = made === undefined ? undefined : (this.#byText.get(made.text) ?? made);
    if (definition !== undefined) this.#byText.set(definition.text, definition);
    this.#definitions.set(entry.offset, definition);
    return definition;
  }

  /** The type of a function by its entry: a subprogram or a subroutine type. */
  functionType(entry: Entry): TypeRef {
    const returns = this.typeAt(entry.type);
    const parameters = entry.children
      .filter((child) => child.tag === tag.formalParameter)
      .map((child) => this.typeAt(child.type));
    const isVariadic = entry.children.some((child) => child.tag === tag.unspecifiedParameters);
    const words = [...parameters.map(({ text }) => text), ...(isVariadic ? ['...'] : [])];
    const text = `${returns.text} (${words.length === 0 ? 'void' : words.join(', ')})`;
    return this.#intern({ kind: 'function', text, returns, parameters, isVariadic });
  }

  #intern(type: TypeRef): TypeRef {
    // A struct and a typedef may share a name and a text, and mean different things.
    const key = `${type.kind} ${type.kind === 'typedef' ? `${type.text} ${type.of.text}` : type.text}`;
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    this.#interned.set(key, type);
    return type;
  }

  #make(entry: Entry): TypeRef {
    const { name } = entry;
    const defined = definedTags.get(entry.tag);
    if (defined !== undefined) {
      if (name !== undefined) return { kind: 'named', tag: defined, name, text: `${defined} ${name}` };
      const definition = this.define(entry);
      if (definition === undefined) return { kind: 'other', text: `${defined} without a name` };
      return { kind: 'anonymous', definition, text: definition.text };
    }
    const qualifier = qualifiers.get(entry.tag);
    if (qualifier !== undefined) {
      const of = this.typeAt(entry.type);
      return {
        kind: 'qualified',
        qualifier,
        of,
        text: of.kind === 'pointer' ? `${of.text} ${qualifier}` : `${qualifier} ${of.text}`,
      };
    }
    switch (entry.tag) {
      case tag.baseType: {
        const { byteSize = 0 } = entry;
        const encoding = entry.number(at.encoding) ?? 0;
        // Compilers give it only where it is another than the machine's.
        const isOtherWay = (entry.number(at.endianity) ?? 0) !== 0;
        const text = `${name ?? ''}${isOtherWay ? ' (other byte order)' : ''}`;
        return { kind: 'base', name: name ?? '', byteSize, encoding, text };
      }
      case tag.pointerType: {
        const to = this.typeAt(entry.type);
        return { kind: 'pointer', to, text: to.kind === 'function' ? to.text.replace(' (', ' (*)(') : `${to.text} *` };
      }
      case tag.typedef:
        return { kind: 'typedef', name: name ?? '', of: this.typeAt(entry.type), text: name ?? '' };
      case tag.arrayType: {
        const of = this.typeAt(entry.type);
        const counts = entry.children.filter((child) => child.tag === tag.subrangeType).map(countOf);
        return { kind: 'array', of, counts, text: `${of.text}${counts.map((count) => `[${count ?? ''}]`).join('')}` };
      }
      case tag.subroutineType:
        return this.functionType(entry);
      default:
        return { kind: 'other', text: name ?? `type of tag 0x${entry.tag.toString(16)}` };
    }
  }

  #define(entry: Entry): TypeDefinition | undefined {
    const defined = definedTags.get(entry.tag);
    const { byteSize } = entry;
    if (defined === undefined || byteSize === undefined || entry.is(at.declaration)) return undefined;
    const name = entry.name ?? null;
    const head = `${defined} ${name === null ? '' : `${name} `}{`;
    if (defined === 'enum') {
      const enumerators = entry.children
        .filter((child) => child.tag === tag.enumerator)
        .map((child): [string, number] => [child.name ?? '', child.number(at.constValue) ?? 0]);
      const text = `${head} ${enumerators.map(([word, value]) => `${word} = ${value}`).join(', ')} } ${byteSize}`;
      return { tag: defined, name, byteSize, alignBytes: null, enumerators, text };
    }
    const members = entry.children
      .filter((child) => child.tag === tag.member)
      .map((child): Member => ({ name: child.name ?? null, ...placeOf(child), type: this.typeAt(child.type) }));
    const asked = [entry, ...entry.children].flatMap((one) => one.number(at.alignment) ?? []);
    const alignBytes = asked.length === 0 ? null : Math.max(...asked);
    const aligned = alignBytes === null ? '' : ` aligned ${alignBytes}`;
    const text = `${head} ${members.map(renderMember).join('; ')} } ${byteSize}${aligned}`;
    return { tag: defined, name, byteSize, alignBytes, members, text };
  }
}

const countOf = (entry: Entry): number | null => {
  const count = entry.number(at.count);
  if (count !== undefined) return count;
  const upperBound = entry.number(at.upperBound);
  // GCC gives an array of no elements an upper bound of -1, as a number of 64 bits.
  if (upperBound === undefined) return null;
  return upperBound < 0 || upperBound >= 2 ** 63 ? 0 : upperBound + 1;
};

const memberOffset = (entry: Entry): number => {
  const place = entry.get(at.dataMemberLocation);
  if (typeof place === 'number') return place;
  if (!(place instanceof Uint8Array) || place[0] !== plusUconst) return 0;
  return place.slice(1).reduce((sum, byte, index) => sum + (byte & 127) * 128 ** index, 0);
};

/** DWARF 4 and 5 count a bit-field's bits from the beginning of the struct; the DWARF 2 way counts from the other end of its storage. */
const placeOf = (entry: Entry): Pick<Member, 'byteOffset' | 'bitOffset' | 'bitSize'> => {
  const bitSize = entry.number(at.bitSize) ?? null;
  const byteOffset = memberOffset(entry);
  if (bitSize === null) return { byteOffset, bitOffset: null, bitSize };
  const fromEnd = entry.number(at.bitOffset);
  const fromBeginning = entry.number(at.dataBitOffset);
  const bits = fromBeginning ?? (fromEnd === undefined ? 0 : (entry.byteSize ?? 0) * 8 - fromEnd - bitSize);
  return { byteOffset: byteOffset + Math.floor(bits / 8), bitOffset: bits % 8, bitSize };
};

const renderMember = ({ name, byteOffset, bitOffset, bitSize, type }: Member): string =>
  `${type.text} ${name ?? ''}@${byteOffset}${bitSize === null ? '' : `.${bitOffset}:${bitSize}`}`;
