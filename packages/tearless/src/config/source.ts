// YAML text to a plain value, and back from a path in that value to the line and column where it stands.
import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';

export interface ConfigSource {
  readonly path: string;
  readonly value: unknown;
  /** Where the value at `keys` stands (its key, with `key`), from 1; the nearest parent where it is absent. */
  position(keys: readonly PropertyKey[], what?: 'key' | 'value'): { line: number; column: number };
}

/** @throws ConfigError with the position of every syntax error (a key that stands twice is one). */
export const parseConfigSource = (text: string, path: string): ConfigSource => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, version: '1.2' });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [first, ...rest] = document.errors.map(
    (error): ConfigProblem => ({
      code: error.code === 'DUPLICATE_KEY' ? 'config-duplicate-key' : 'config-syntax',
      message: error.code === 'DUPLICATE_KEY' ? 'this key stands twice in its map' : error.message,
      ...at(error.pos[0]),
    }),
  );
  if (first !== undefined) throw new ConfigError(path, [first, ...rest]);

  const position: ConfigSource['position'] = (keys, what = 'value') => {
    let node: Node | null = document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, key] of keys.entries()) {
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
        );
        if (pair === undefined) break;
        const keyOffset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
        if (keyOffset !== undefined) offset = keyOffset;
        if (what === 'key' && depth === keys.length - 1) break;
        next = pair.value;
      } else if (isSeq(node)) next = node.items[Number(key)];
      if (next === null || typeof next !== 'object' || !('range' in next)) break;
      node = next as Node;
      offset = node.range?.[0] ?? offset;
    }
    return at(offset);
  };
  return { path, value: document.toJS({ maxAliasCount: 100 }), position };
};
