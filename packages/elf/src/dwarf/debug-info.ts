// Types, variables and functions of a program, as its debug information has them (DWARF 4 and 5). Needs `-g`; stripped files have
// none. Everything is a value: nothing refers back into the file.
import { ElfFile } from '../elf-file.ts';
import { ElfError } from '../error.ts';
import { at, form, operation, tag } from './constants.ts';
import { Cursor } from './cursor.ts';
import { type Entry, findBases, readEntries } from './entry.ts';
import { type NamedTypes, namingTags, TypeCollector } from './named-types.ts';
import { readRanges } from './ranges.ts';
import { TypeReader } from './read-types.ts';
import { type DebugSections, findDebugSections } from './sections.ts';
import type { DefinedTag, TypeDefinition, TypeRef } from './type.ts';
import { listUnits, type Unit } from './unit.ts';
import { addressAt, type Bases } from './value.ts';

export interface DebugVariable {
  readonly name: string;
  /** The source file that it is compiled from. */
  readonly unit: string;
  /** Of a static variable inside a function. */
  readonly function: string | null;
  readonly isExternal: boolean;
  readonly type: TypeRef;
  /** In memory as the file is linked; null for one of each thread, and for one that was left out of the program. */
  readonly address: bigint | null;
}

export interface DebugFunction {
  readonly name: string;
  readonly unit: string;
  readonly isExternal: boolean;
  readonly isNoreturn: boolean;
  readonly type: TypeRef;
  /** In its source file, where it begins; null where that is not known. */
  readonly line: number | null;
  /** Half-open; compilers put parts that are rarely run elsewhere. Empty where every call was inlined. */
  readonly ranges: readonly (readonly [from: bigint, to: bigint])[];
}

export interface DebugUnit {
  readonly name: string;
  readonly directory: string;
  /** The compiler and its options. */
  readonly producer: string;
}

export interface DebugInfo extends NamedTypes {
  readonly units: readonly DebugUnit[];
  readonly variables: readonly DebugVariable[];
  readonly functions: readonly DebugFunction[];
}

/** The only definition of a type; undefined where there is none or more than one. */
export const findDefinition = (
  { definitions }: Pick<DebugInfo, 'definitions'>,
  kind: DefinedTag | 'typedef',
  name: string,
): TypeDefinition | undefined => {
  const found = definitions.get(`${kind} ${name}`);
  return found?.length === 1 ? found[0] : undefined;
};

interface Read {
  readonly entry: Entry;
  readonly unit: Unit;
  readonly bases: Bases;
  readonly debugUnit: DebugUnit;
}

/** @throws ElfError `elf-unsupported` for a file without debug information or with DWARF that is not 4 or 5, `elf-malformed`, … */
export const readDebugInfo = (bytes: Uint8Array): DebugInfo => {
  const sections = findDebugSections(new ElfFile(bytes));
  if (sections === undefined)
    throw new ElfError('elf-unsupported', 0, 'the file has no debug information; compile with -g and do not strip it');
  const reader = new TypeReader();
  const units: DebugUnit[] = [];
  const types = new TypeCollector(reader);
  const variables: DebugVariable[] = [];
  const functions: DebugFunction[] = [];
  for (const batch of batchesOf(listUnits(sections))) {
    const entries = new Map<number, Entry>();
    const found = { variables: [] as Read[], functions: [] as Read[], types: [] as Entry[] };
    for (const unit of batch) readUnit(unit, sections, entries, units, found);
    reader.enter(entries);
    for (const entry of found.types) types.add(entry);
    for (const read of found.variables) variables.push(...readVariable(read, entries, reader, sections));
    for (const read of found.functions) functions.push(...readFunction(read, entries, reader, sections));
  }
  const { definitions, typedefs, enumerators } = types;
  return { units, definitions, typedefs, enumerators, variables, functions: withoutAbstract(functions) };
};

/** Units of which no other refers to another's entries are read one by one: a program has half a million entries. */
const batchesOf = (units: readonly Unit[]): (readonly Unit[])[] => {
  const isShared = units.some(({ abbreviations }) =>
    abbreviations.some((one) => one?.attributes.some((word, index) => index % 3 === 1 && crossing.has(word))),
  );
  return isShared ? [units] : units.map((unit) => [unit]);
};

/** Forms that lead out of a unit; `indirect` says which one it is only in the entry. */
const crossing: ReadonlySet<number> = new Set([form.refAddr, form.indirect]);

const readUnit = (
  unit: Unit,
  sections: DebugSections,
  entries: Map<number, Entry>,
  units: DebugUnit[],
  found: { readonly variables: Read[]; readonly functions: Read[]; readonly types: Entry[] },
): void => {
  const bases = findBases(unit, sections);
  let debugUnit: DebugUnit = { name: '', directory: '', producer: '' };
  readEntries(unit, sections, bases, (entry) => {
    entries.set(entry.offset, entry);
    if (entry.tag === tag.compileUnit) {
      debugUnit = describeUnit(entry);
      units.push(debugUnit);
    } else if (entry.tag === tag.variable) found.variables.push({ entry, unit, bases, debugUnit });
    else if (entry.tag === tag.subprogram) found.functions.push({ entry, unit, bases, debugUnit });
    else if (namingTags.has(entry.tag)) found.types.push(entry);
  });
};

/** Of a function that is inlined here and has code of its own there, compilers tell twice. */
const withoutAbstract = (functions: readonly DebugFunction[]): DebugFunction[] => {
  const key = ({ unit, name }: DebugFunction): string => `${unit} ${name}`;
  const withCode = new Set(functions.flatMap((one) => (one.ranges.length > 0 ? [key(one)] : [])));
  return functions.filter((one) => one.ranges.length > 0 || !withCode.has(key(one)));
};

const describeUnit = (entry: Entry): DebugUnit => {
  const text = (attribute: number): string => {
    const value = entry.get(attribute);
    return typeof value === 'string' ? value : '';
  };
  return { name: entry.name ?? '', directory: text(at.compDir), producer: text(at.producer) };
};

/** What a definition leaves to the declaration that it completes, or an instance to what it is an instance of. */
const follow = (entry: Entry, entries: ReadonlyMap<number, Entry>): Entry[] => {
  const chain = [entry];
  for (let last = entry; chain.length < 8; ) {
    const next = entries.get(last.number(at.abstractOrigin) ?? last.number(at.specification) ?? -1);
    if (next === undefined) break;
    chain.push(next);
    last = next;
  }
  return chain;
};

const nameOf = (chain: readonly Entry[]): string | undefined => chain.find(({ name }) => name !== undefined)?.name;

const readVariable = (
  { entry, unit, bases, debugUnit }: Read,
  entries: ReadonlyMap<number, Entry>,
  reader: TypeReader,
  sections: DebugSections,
): DebugVariable[] => {
  const location = entry.get(at.location);
  const chain = follow(entry, entries);
  const name = nameOf(chain);
  if (!(location instanceof Uint8Array) || name === undefined) return [];
  const type = chain.find((one) => one.type !== undefined)?.type;
  return [
    {
      name,
      unit: debugUnit.name,
      function: functionAround(entry, entries),
      isExternal: chain.some((one) => one.is(at.external)),
      type: reader.typeAt(type),
      address: addressIn(location, unit, bases, sections),
    },
  ];
};

const functionAround = (entry: Entry, entries: ReadonlyMap<number, Entry>): string | null => {
  for (let around = entry.parent; around !== undefined; around = around.parent)
    if (around.tag === tag.subprogram) return nameOf(follow(around, entries)) ?? null;
  return null;
};

const addressIn = (location: Uint8Array, unit: Unit, bases: Bases, sections: DebugSections): bigint | null => {
  const cursor = new Cursor(location);
  const first = location.length === 0 ? 0 : cursor.u8();
  const isOfThread = location.at(-1) === operation.formTlsAddress;
  if (isOfThread) return null;
  if (first === operation.addr) return unit.addressBytes === 8 ? cursor.u64() : BigInt(cursor.u32());
  if (first === operation.addrx) return addressAt(sections, bases, unit, cursor.uleb());
  return null;
};

const readFunction = (
  { entry, unit, bases, debugUnit }: Read,
  entries: ReadonlyMap<number, Entry>,
  reader: TypeReader,
  sections: DebugSections,
): DebugFunction[] => {
  const chain = follow(entry, entries);
  const name = nameOf(chain);
  if (name === undefined || entry.is(at.declaration)) return [];
  const ranges = readRanges(entry, unit, bases, sections);
  // What an inlined function is an instance of has no code; it is told where none of its instances does.
  if (ranges.length === 0 && entry.get(at.abstractOrigin) !== undefined) return [];
  const declared = chain.find(({ children, type }) => type !== undefined || children.length > 0) ?? entry;
  return [
    {
      name,
      unit: debugUnit.name,
      isExternal: chain.some((one) => one.is(at.external)),
      isNoreturn: chain.some((one) => one.is(at.noreturn)),
      type: reader.functionType(chain.at(-1) ?? declared),
      line: chain.find(({ line }) => line !== undefined)?.line ?? null,
      ranges,
    },
  ];
};
