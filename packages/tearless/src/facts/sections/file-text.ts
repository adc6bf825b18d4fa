// The text of those files, byte for byte. Reads f_files.
import { sha256Hex } from '../../base/json.ts';
import { FactsError } from '../error.ts';
import { splitFramed } from '../framed.ts';
import type { FileFacts } from '../observed.ts';
import type { Fact } from './fact.ts';
import { type FileStatus, fileTextBytes } from './file-status.ts';

export const fileText: Fact = {
  name: 'file-text',
  script: `[ -n "\${f_files-}" ] || return 0
printf '%s\\n' "$f_files" | xargs -d '\\n' head -v -c ${fileTextBytes} -- 2>/dev/null || [ "$?" -eq 123 ]`,
};

/**
 * The files by path. The hash is that of the bytes; a text that is not UTF-8 has U+FFFD where it is not.
 * @throws FactsError when a file is larger than what is read of it, or changed between status and text (retryable)
 */
export const parseFileText = (bytes: Uint8Array, status: readonly FileStatus[]): Map<string, FileFacts> => {
  const large = status.find((file) => file.sizeBytes > fileTextBytes);
  if (large !== undefined)
    throw new FactsError({
      fact: 'file-text',
      problem: `${large.path} has ${large.sizeBytes} bytes`,
      hint: `no configuration file of a relay should have more than ${fileTextBytes} bytes: look at it`,
    });
  const texts = splitFramed(
    bytes,
    status.map(({ path, sizeBytes }) => ({ path, bytes: sizeBytes })),
  );
  if (texts === undefined)
    throw new FactsError({ fact: 'file-text', problem: 'files and their sizes do not fit', retryable: true });
  const files = new Map<string, FileFacts>();
  for (const { path, mode, owner, group } of status) {
    const content = texts.get(path);
    if (content === undefined) continue;
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
    files.set(path, { path, sha256: sha256Hex(content), text, mode, owner, group });
  }
  return files;
};
