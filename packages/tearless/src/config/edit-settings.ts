// Puts an entry behind the settings of tearless.yaml, where it wins over those before it. Pure.
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { parseConfig } from './parse.ts';
import type { SettingConfig } from './schema.ts';
import { insertSection, readSection, renderFlow, replaceSection, setKey } from './splice.ts';

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Lines of the entries that stand there, as they stand; undefined where they are written on one line. */
const blockEnd = (text: string): { readonly end: number; readonly indentation: string } | undefined => {
  const { contents } = parseDocument(text, { version: '1.2' });
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => isScalar(key) && key.value === 'settings')
    : undefined;
  const list = pair?.value;
  if (!isSeq(list) || list.flow === true || list.items.length === 0) return undefined;
  const section = readSection(text, 'settings') ?? '';
  const start = text.indexOf(section);
  const dash = /^([ \t]*)- /m.exec(section.slice(section.indexOf('\n') + 1));
  return { end: start + section.length, indentation: dash?.[1] ?? '  ' };
};

/** In a file that is one flow, JSON for one, nothing can be put on lines of its own. */
const inlineEdit = (text: string, entry: string): string | undefined => {
  const { contents } = parseDocument(text, { version: '1.2' });
  if (!isMap(contents) || contents.flow !== true) return undefined;
  const list = contents.items.find(({ key }) => isScalar(key) && key.value === 'settings')?.value;
  if (!isSeq(list) || !Array.isArray(list.range)) return setKey(text, [], 'settings', [parseDocument(entry).toJS()]);
  const last = list.items.at(-1);
  const range = isMap(last) ? last.range : undefined;
  const at = range?.[1] ?? list.range[0] + 1;
  return `${text.slice(0, at)}${range === undefined || range === null ? entry : `, ${entry}`}${text.slice(at)}`;
};

/** @throws ConfigError when the configuration would be wrong with it */
export const declareSetting = (
  text: string,
  path: string,
  setting: Pick<SettingConfig, 'select' | 'allocator'>,
): string => {
  const { settings = [], relays } = parseConfig(text, path);
  const last = settings.at(-1);
  if (
    last !== undefined &&
    isSame(last.select, setting.select) &&
    isSame(last.allocator, setting.allocator) &&
    last.torrc === undefined
  )
    return text;
  const shares =
    typeof setting.allocator === 'object'
      ? Object.fromEntries(Object.entries(setting.allocator).map(([name, percent]) => [name, `${percent}%`]))
      : setting.allocator;
  const entry = `- ${renderFlow({ select: setting.select, allocator: shares })}`;
  const block = blockEnd(text);
  let edited: string;
  const inner = inlineEdit(text, renderFlow({ select: setting.select, allocator: shares }));
  if (inner !== undefined) edited = inner;
  else if (block !== undefined)
    edited = `${text.slice(0, block.end)}\n${block.indentation}${entry}${text.slice(block.end)}`;
  else if (readSection(text, 'settings') === undefined)
    edited = insertSection(text, relays.length > 0 ? 'relays' : 'hosts', `settings:\n  ${entry}`);
  else {
    const raw = (parseDocument(text).toJS() as { settings?: unknown[] | null }).settings ?? [];
    const lines = [...raw.map((each) => `  - ${renderFlow(each)}`), `  ${entry}`];
    edited = replaceSection(text, 'settings', `settings:\n${lines.join('\n')}`);
  }
  parseConfig(edited, path);
  return edited;
};
