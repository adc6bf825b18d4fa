// Abbreviations: the shapes of entries, so that an entry itself holds values alone (DWARF 5, section 7.5.3).
import { form } from './constants.ts';
import type { Cursor } from './cursor.ts';

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute, form, and the value that stands here rather than in entries; three numbers each. */
  readonly attributes: readonly number[];
}

/** A table from where the cursor stands; by code, sparse. @throws ElfError `elf-truncated` */
export const decodeAbbreviations = (cursor: Cursor): readonly (Abbreviation | undefined)[] => {
  const table: (Abbreviation | undefined)[] = [];
  for (;;) {
    const code = cursor.uleb();
    if (code === 0) return table;
    const tag = cursor.uleb();
    const hasChildren = cursor.u8() !== 0;
    const attributes: number[] = [];
    for (;;) {
      const attribute = cursor.uleb();
      const shape = cursor.uleb();
      if (attribute === 0 && shape === 0) break;
      attributes.push(attribute, shape, shape === form.implicitConst ? cursor.sleb() : 0);
    }
    table[code] = { tag, hasChildren, attributes };
  }
};
