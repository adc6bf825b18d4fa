// The number that a rule writes or asks for, as a field can hold it. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { Field } from './action.ts';
import { enumeratorValue, isNumber, isTruth } from './program-names.ts';
import type { RuleValue } from './rules.ts';

/** @throws Error for a number that does not fit, and for one other than zero where none belongs */
export const resolveValue = (debug: DebugInfo, type: TypeRef, field: Field, value: RuleValue): bigint => {
  if (value === 'zero' || value === 'NULL' || value === 0 || value === false) return 0n;
  if (!isNumber(type)) throw new Error(`${type.text} is no number: only zero can be written there`);
  const number = typeof value === 'string' ? enumeratorValue(debug, type, value) : BigInt(value);
  if (isTruth(type) && number !== 1n) throw new Error(`${type.text} holds 0 or 1, not ${number}`);
  const bits = BigInt(field.bits?.count ?? field.sizeBytes * 8);
  if (number >= 1n << bits || number < -(1n << (bits - 1n)))
    throw new Error(`${number} does not fit ${bits} bits of ${type.text}`);
  return number;
};
