// Files as `head -v -c LIMIT FILE…` prints them: a line with the name before each, an empty line between two. Sizes are
// known beforehand, so what stands in a file cannot be taken for the name of the next.

/** A file of which at most `bytes` bytes are printed. */
export interface ExpectedFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The bytes of each file that was printed, by path. Files that could not be opened are absent.
 * @returns undefined when names and sizes do not fit the bytes, as when a file grew between the two readings
 */
export const splitFramed = (bytes: Uint8Array, files: readonly ExpectedFile[]): Map<string, Uint8Array> | undefined => {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, Uint8Array>();
  let at = 0;
  for (const file of files) {
    const heading = Buffer.from(`${found.size === 0 ? '' : '\n'}==> ${file.path} <==\n`);
    if (!content.subarray(at, at + heading.length).equals(heading)) continue;
    const start = at + heading.length;
    const end = start + file.bytes;
    if (end > content.length) return undefined;
    found.set(file.path, content.subarray(start, end));
    at = end;
  }
  return at === content.length ? found : undefined;
};
