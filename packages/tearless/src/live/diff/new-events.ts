// Events that recur which another version of a tor has more: items that it registers once, when it starts. Pure.
import type { TypeRef } from '@tearless/elf/dwarf/type.ts';
import { variableKey } from '../image/local-names.ts';
import type { VariableSide } from './diff-variables.ts';

const item = 'periodic_event_item_t';

const isItem = (type: TypeRef): boolean => type.text === item || (type.kind === 'array' && type.of.text === item);

/** Keys of variables; events that a table has more are told as a change of the table. */
export const listNewEvents = (former: VariableSide, next: VariableSide): string[] => [
  ...new Set(
    next.debug.variables
      .filter(({ type }) => isItem(type))
      .map(variableKey)
      .filter((key) => next.image.writable.has(key) && !former.image.writable.has(key)),
  ),
];
