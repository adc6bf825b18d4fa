// What the helper's `stat` and `list` print, read into entries. Pure.
//
//   50-tearless.conf\0 f\0 644\0 root\0 root\0 61\0 \0 … \0 SHA256  /etc/…/50-tearless.conf\0
//
// Name, type letter, mode, owner, group, size and link target of each; an empty field; sha256sum's lines.

import type { FileEntry } from './host.ts';
import { HostError } from './host-error.ts';

const fieldsOfEntry = 7;

const malformed = (): HostError =>
  new HostError({
    kind: 'protocol',
    code: 'host-answer-bad',
    message: 'the helper described files in an unknown form',
  });

/** Entries in the order printed. `pathOf` gives an entry's path from its name. */
export const parseFileEntries = (output: Uint8Array, pathOf: (name: string) => string): FileEntry[] => {
  if (output.length === 0) return [];
  const fields = new TextDecoder().decode(output).split('\0');
  const separator = fields.findIndex((field, index) => index % fieldsOfEntry === 0 && field === '');
  if (separator === -1 || fields.at(-1) !== '') throw malformed();
  const hashes = new Map<string, string>();
  for (const line of fields.slice(separator + 1, -1)) {
    const [, sha256, name] = /^([0-9a-f]{64}) [ *](?:.*\/)?([^/]+)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined) throw malformed();
    hashes.set(name, sha256);
  }
  const entries: FileEntry[] = [];
  for (let at = 0; at < separator; at += fieldsOfEntry) {
    const [name = '', type, modeText = '', owner = '', group = '', size = '', target = ''] = fields.slice(
      at,
      at + fieldsOfEntry,
    );
    if (!/^[0-7]{1,4}$/.test(modeText) || owner === '' || group === '') throw malformed();
    const common = { path: pathOf(name), mode: Number.parseInt(modeText, 8), owner, group };
    if (type === 'd') entries.push({ type: 'directory', ...common });
    else if (type === 'l') entries.push({ type: 'link', target, ...common });
    else if (type === 'f') {
      const sha256 = hashes.get(name);
      // Gone between the two looks: as if it had never been listed.
      if (sha256 !== undefined) entries.push({ type: 'file', sizeBytes: Number(size), sha256, ...common });
    } else entries.push({ type: 'other', ...common });
  }
  return entries;
};
