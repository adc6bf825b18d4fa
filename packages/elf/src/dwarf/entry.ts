// Entries of a unit as a tree, without those that say nothing of types, functions and variables (DWARF 5, section 2).
import { ElfError } from '../error.ts';
import { at, operation, tag } from './constants.ts';
import { Cursor } from './cursor.ts';
import type { DebugSections } from './sections.ts';
import type { Unit } from './unit.ts';
import { type AttributeValue, type Bases, readValue, skipIndex } from './value.ts';

const wantedTags: ReadonlySet<number> = new Set(Object.values(tag));
const wantedAttributes: ReadonlySet<number> = new Set(Object.values(at));

/** What leads to other entries: without them it would not be known what an entry is. */
const leading: ReadonlySet<number> = new Set([at.type, at.abstractOrigin, at.specification]);

/** Most entries have no children, and many nothing else: hundreds of thousands of empty arrays would be the most of them. */
const none: readonly never[] = [];

export class Entry {
  readonly tag: number;
  /** In `.debug_info`: what other entries refer to it by. */
  readonly offset: number;
  readonly parent: Entry | undefined;
  name: string | undefined = undefined;
  /** Reference to the entry of its type. */
  type: number | undefined = undefined;
  byteSize: number | undefined = undefined;
  /** Of a function: where its source begins. */
  line: number | undefined = undefined;
  /** Attributes that few entries have, as attribute and value in turn. */
  #rest: (number | AttributeValue)[] | undefined = undefined;
  #children: Entry[] | undefined = undefined;

  constructor(tagNumber: number, offset: number, parent: Entry | undefined) {
    this.tag = tagNumber;
    this.offset = offset;
    this.parent = parent;
  }

  set(attribute: number, value: AttributeValue): void {
    if (attribute === at.name) this.name = value as string;
    else if (attribute === at.type) this.type = value as number;
    else if (attribute === at.byteSize && typeof value === 'number') this.byteSize = value;
    else if (attribute === at.declLine) {
      // Everything has a line; that of functions alone is asked for.
      if (this.tag === tag.subprogram) this.line = value as number;
    } else if (wantedAttributes.has(attribute)) {
      this.#rest ??= [];
      this.#rest.push(attribute, value);
    }
  }

  adopt(child: Entry): void {
    this.#children ??= [];
    this.#children.push(child);
  }

  get children(): readonly Entry[] {
    return this.#children ?? none;
  }

  get(attribute: number): AttributeValue {
    const rest = this.#rest ?? none;
    for (let index = 0; index < rest.length; index += 2)
      if (rest[index] === attribute) return rest[index + 1] as AttributeValue;
    return undefined;
  }

  /** A constant; undefined for none. */
  number(attribute: number): number | undefined {
    const value = this.get(attribute);
    return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
  }

  is(attribute: number): boolean {
    return this.get(attribute) === 1;
  }
}

/** The tables of a unit begin where its first entry says, which may use them before it says so. @throws ElfError */
export const findBases = (unit: Unit, sections: DebugSections): Bases => {
  const cursor = new Cursor(sections.info, unit.entries);
  const bases = { stringOffsets: 0, addresses: 0, rangeLists: 0 };
  const attributes = unit.abbreviations[cursor.uleb()]?.attributes ?? [];
  for (let index = 0; index < attributes.length; index += 3) {
    const [attribute, shape = 0, implicit = 0] = attributes.slice(index, index + 3);
    if (skipIndex(cursor, shape)) continue;
    const value = readValue(cursor, shape, implicit, unit, sections, bases);
    if (attribute === at.strOffsetsBase) bases.stringOffsets = value as number;
    else if (attribute === at.addrBase) bases.addresses = value as number;
    else if (attribute === at.rnglistsBase) bases.rangeLists = value as number;
  }
  return bases;
};

/** A variable on a stack or in registers: it lives shorter than any question that is asked here. */
const isPassing = (entry: Entry): boolean => {
  if (entry.tag !== tag.variable && entry.tag !== tag.formalParameter) return false;
  const { parent } = entry;
  if (entry.tag === tag.formalParameter) return parent?.tag === tag.lexicalBlock;
  if (parent === undefined || parent.tag === tag.compileUnit || parent.tag === tag.partialUnit) return false;
  const location = entry.get(at.location);
  const first = location instanceof Uint8Array ? location[0] : undefined;
  // What an abstract instance declares has its place elsewhere: see variables.ts.
  return first !== operation.addr && first !== operation.addrx && entry.get(at.abstractOrigin) === undefined;
};

/**
 * Reads a whole unit. Entries whose tag nobody asks for are left out, with all below them.
 * @param take called with every entry that is kept, parents first
 * @throws ElfError
 */
export const readEntries = (unit: Unit, sections: DebugSections, bases: Bases, take: (entry: Entry) => void): void => {
  const cursor = new Cursor(sections.info, unit.entries);
  let parent: Entry | undefined;
  /** How deep we are below an entry that is left out; 0 for not. */
  let hidden = 0;
  while (cursor.at < unit.end) {
    const offset = cursor.at;
    const code = cursor.uleb();
    if (code === 0) {
      if (hidden > 0) hidden -= 1;
      else parent = parent?.parent;
      continue;
    }
    const abbreviation = unit.abbreviations[code];
    if (abbreviation === undefined) throw new ElfError('elf-malformed', offset, `there is no abbreviation ${code}`);
    const { attributes, hasChildren } = abbreviation;
    const isWanted = hidden === 0 && wantedTags.has(abbreviation.tag);
    const entry = isWanted ? new Entry(abbreviation.tag, offset, parent) : undefined;
    for (let index = 0; index < attributes.length; index += 3) {
      const attribute = attributes[index] ?? 0;
      const value = readValue(cursor, attributes[index + 1] ?? 0, attributes[index + 2] ?? 0, unit, sections, bases);
      if (entry !== undefined && value === undefined && leading.has(attribute))
        throw new ElfError(
          'elf-unsupported',
          offset,
          'a type stands in another file or in a unit of its own; compile without -gsplit-dwarf and -fdebug-types-section',
        );
      if (entry !== undefined && value !== undefined) entry.set(attribute, value);
    }
    const isKept = entry !== undefined && !isPassing(entry);
    if (isKept) {
      parent?.adopt(entry);
      take(entry);
    }
    if (!hasChildren) continue;
    if (isKept) parent = entry;
    else hidden += 1;
  }
};
