// What names of types, and of numbers in enums, stand for in a program: of all its units together, which need not agree.
import { at, tag } from './constants.ts';
import type { Entry } from './entry.ts';
import type { TypeReader } from './read-types.ts';
import type { TypeDefinition, TypeRef } from './type.ts';

export interface NamedTypes {
  /**
   * By `struct NAME`, `union NAME`, `enum NAME`, and `typedef NAME` for what has a typedef's name alone. More than one where units
   * disagree: C lets each have its own.
   */
  readonly definitions: ReadonlyMap<string, readonly TypeDefinition[]>;
  /** What each name that a typedef gives stands for. More than one where units disagree. */
  readonly typedefs: ReadonlyMap<string, readonly TypeRef[]>;
  /** Numbers that enums without a name give names to, which serve as plain constants. More than one where units disagree. */
  readonly enumerators: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Of entries that name something. */
export const namingTags: ReadonlySet<number> = new Set([
  tag.structureType,
  tag.unionType,
  tag.enumerationType,
  tag.typedef,
]);

export class TypeCollector implements NamedTypes {
  readonly definitions = new Map<string, TypeDefinition[]>();
  readonly typedefs = new Map<string, TypeRef[]>();
  readonly enumerators = new Map<string, Set<number>>();
  readonly #reader: TypeReader;

  constructor(reader: TypeReader) {
    this.#reader = reader;
  }

  add(entry: Entry): void {
    if (entry.name === undefined) {
      if (entry.tag === tag.enumerationType) this.#addEnumerators(entry);
    } else if (entry.tag === tag.typedef) {
      const type = this.#reader.typeAt(entry.type);
      addTo(this.typedefs, entry.name, type);
      if (type.kind === 'anonymous') addTo(this.definitions, `typedef ${entry.name}`, type.definition);
    } else {
      const definition = this.#reader.define(entry);
      if (definition !== undefined) addTo(this.definitions, `${definition.tag} ${entry.name}`, definition);
    }
  }

  #addEnumerators({ children }: Entry): void {
    for (const child of children) {
      const value = child.number(at.constValue);
      if (child.name === undefined || value === undefined) continue;
      const there = this.enumerators.get(child.name);
      if (there === undefined) this.enumerators.set(child.name, new Set([value]));
      else there.add(value);
    }
  }
}

const addTo = <Value>(map: Map<string, Value[]>, key: string, value: Value): void => {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else if (!known.includes(value)) known.push(value);
};
