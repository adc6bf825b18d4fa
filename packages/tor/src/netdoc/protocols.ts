// Protocol version lists: `Cons=1-2 Link=4-5`, as in "pr", "proto" and the recommended and required lines.
// dir-spec §2.1.1 "proto", §3.4.1.
import { netdocError, show } from './reader.ts';

/** Ranges of supported versions by protocol name, both ends included. */
export type Protocols = ReadonlyMap<string, readonly (readonly [from: number, to: number])[]>;

/** tor knows no higher version number. */
const maxVersion = 63;

/**
 * Reads a protocol list; the empty text is the empty list.
 *
 * @throws TorError `netdoc-bad-protocols`
 */
export function parseProtocols(text: string, line = 1): Protocols {
  const protocols = new Map<string, [number, number][]>();
  for (const entry of text === '' ? [] : text.split(' ')) {
    const [, name = '', versions = ''] = /^([A-Za-z0-9-]+)=([0-9,-]*)$/.exec(entry) ?? [];
    if (name === '' || protocols.has(name)) throw badProtocols(line, entry);
    protocols.set(name, versions === '' ? [] : versions.split(',').map((range) => parseRange(range, line, entry)));
  }
  return protocols;
}

/** The inverse of parseProtocols. */
export function renderProtocols(protocols: Protocols): string {
  return Array.from(protocols, ([name, ranges]) => {
    return `${name}=${ranges.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(',')}`;
  }).join(' ');
}

/** Whether the list has this version of a protocol. */
export function supportsProtocol(protocols: Protocols, name: string, version: number): boolean {
  return protocols.get(name)?.some(([from, to]) => from <= version && version <= to) ?? false;
}

function parseRange(range: string, line: number, entry: string): [number, number] {
  const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(range);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? from);
  if (match === null || to < from || to > maxVersion) throw badProtocols(line, entry);
  return [from, to];
}

function badProtocols(line: number, entry: string) {
  return netdocError(line, 'bad-protocols', `expected NAME=VERSIONS, found ${show(entry)}`);
}
