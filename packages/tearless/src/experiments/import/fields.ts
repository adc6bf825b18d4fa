// Single fields of a row: numbers, fingerprints, names. Each tells what it cannot read.
import { missingKib } from '../model/measurements.ts';

/** A field that cannot be read, as a number that none can be. */
export const unreadable = -1;

const numeric = /^\s*\+?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\s*$/;

/** KiB as whole numbers; `missingKib` for an empty field, `unreadable` for what is no number, negative, zero or 4 TiB and more. */
export const readKib = (text: string): number => {
  const { length } = text;
  if (length === 0) return missingKib;
  if (length < 10) {
    let value = 0;
    let at = 0;
    for (; at < length; at += 1) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === length) return value === 0 ? unreadable : value;
  }
  if (text.trim() === '') return missingKib;
  const value = numeric.test(text) ? Math.round(Number(text)) : Number.NaN;
  return value > 0 && value < missingKib ? value : unreadable;
};

/** A number from 0 to `most`; NaN for an empty field, `unreadable` for what is no such number. */
export const readAmount = (text: string, most: number): number => {
  if (text === '' || text.trim() === '') return Number.NaN;
  if (!numeric.test(text)) return unreadable;
  const value = Number(text);
  return value <= most ? value : unreadable;
};

/** 40 upper-case digits; '' for an empty field, undefined for what is no fingerprint. */
export const readFingerprint = (text: string): string | undefined => {
  if (text === '') return '';
  const plain = text.replaceAll(' ', '').replace(/^\$/, '').toUpperCase();
  if (plain === '') return '';
  return /^[0-9A-F]{40}$/.test(plain) ? plain : undefined;
};

const longestName = 128;
const controls = /\p{Cc}/gu;

/** Whether a text would garble a terminal. */
export const isGarbled = (text: string): boolean => text.search(controls) !== -1;

/** Without white space around it; undefined for what would garble a terminal. */
export const readName = (text: string): string | undefined => {
  const name = text.trim();
  return name.length > longestName || isGarbled(name) ? undefined : name;
};

/** Free text on one line, without what would garble a terminal: titles, notes, names of columns. */
export const plainText = (text: string): string => text.replace(/\s+/g, ' ').replace(controls, '\ufffd').trim();

/** For messages: shortened, on one line. */
export const quote = (text: string): string => {
  const plain = plainText(text);
  return `'${plain.length > 40 ? `${plain.slice(0, 40)}…` : plain}'`;
};
