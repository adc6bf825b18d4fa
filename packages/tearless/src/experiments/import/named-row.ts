// What rows of tables that name a relay share: their fields by the names of columns, and which relay they name.
import type { ColumnName, Table } from './columns.ts';
import { quote, readFingerprint, readName } from './fields.ts';

/** '' for a column that the table does not have. */
export type Field = (name: ColumnName) => string;

/** @returns why the row is left out, where it is not as wide as the table */
export const fieldsOf = ({ width, at }: Table, fields: readonly string[]): Field | string =>
  fields.length === width
    ? (name) => {
        const index = at[name];
        return index === undefined ? '' : (fields[index] ?? '').trim();
      }
    : `${fields.length} fields where the header has ${width}`;

/** @returns one of them '' where it is not told; why the row is left out, where neither is or one cannot be */
export const readNames = (field: Field): { readonly nickname: string; readonly fingerprint: string } | string => {
  const fingerprint = readFingerprint(field('fingerprint'));
  if (fingerprint === undefined) return `${quote(field('fingerprint'))} is no fingerprint: 40 hexadecimal digits`;
  const nickname = readName(field('nickname'));
  if (nickname === undefined) return `${quote(field('nickname'))} is no nickname`;
  return nickname === '' && fingerprint === '' ? 'it names no relay' : { nickname, fingerprint };
};
