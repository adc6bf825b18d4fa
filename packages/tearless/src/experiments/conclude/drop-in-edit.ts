// Takes variables out of a drop-in and leaves every other byte: other lines, other variables of the same line, comments. Pure.
import { decodeEnvironment } from '../../daemon/unit-value.ts';

/** The words of a value as they are written, quotes included; undefined where quotes do not close. */
const rawWords = (text: string): string[] | undefined => {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') {
      word += text.slice(at, at + 2);
      at += 1;
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (quote === character) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) quote = character;
      word += character;
    }
  }
  if (quote !== '') return undefined;
  return word === '' ? words : [...words, word];
};

const variableOf = (word: string): string | undefined => [...(decodeEnvironment(word)?.keys() ?? [])][0];

export interface DropInEdit {
  /** The new text; null where only comments and section heads would be left. */
  readonly text: string | null;
  /** The lines that change, numbered from 1, as they stood. */
  readonly lines: readonly { readonly line: number; readonly text: string }[];
}

/**
 * @param isMeant which variables go, by name and value
 * @returns undefined where the file continues lines or cannot be read: it is better edited by hand
 */
export const removeVariables = (
  text: string,
  isMeant: (name: string, value: string) => boolean,
): DropInEdit | undefined => {
  const kept: string[] = [];
  const lines: { line: number; text: string }[] = [];
  let section = '';
  let hasMore = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (/\\$/.test(line)) return undefined;
    const opened = /^\[(.*)\]$/.exec(line)?.[1];
    if (opened !== undefined) section = opened;
    const [, head, value] = /^(\s*Environment\s*=\s*)(.*?)\s*$/.exec(raw) ?? [];
    if (opened !== undefined || line === '' || /^[#;]/.test(line)) kept.push(raw);
    else if (section !== 'Service' || head === undefined || value === undefined || value === '') {
      hasMore = true;
      kept.push(raw);
    } else {
      const words = rawWords(value);
      if (words === undefined) return undefined;
      const stay = words.filter((word) => {
        const name = variableOf(word);
        return name === undefined || !isMeant(name, decodeEnvironment(word)?.get(name) ?? '');
      });
      if (stay.length > 0) hasMore = true;
      if (stay.length === words.length) kept.push(raw);
      else {
        lines.push({ line: index + 1, text: raw });
        if (stay.length > 0) kept.push(`${head}${stay.join(' ')}${raw.endsWith('\r') ? '\r' : ''}`);
      }
    }
  }
  return { text: hasMore ? kept.join('\n') : null, lines };
};
