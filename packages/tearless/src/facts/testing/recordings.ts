// For tests: recorded outputs of the facts script, as its framing would have given them.
import { readdirSync, readFileSync } from 'node:fs';
import type { Section } from '../section.ts';

export const testdata = new URL('../testdata/', import.meta.url);

/** Names of the folders that hold one host's output each. */
export const recordings: readonly string[] = readdirSync(testdata, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

export const readRecording = (name: string): Map<string, Section> =>
  new Map(
    readdirSync(new URL(`${name}/`, testdata))
      .filter((file) => file.endsWith('.txt'))
      .map((file) => {
        const fact = file.slice(0, -'.txt'.length);
        return [fact, { name: fact, bytes: readFileSync(new URL(`${name}/${file}`, testdata)), exitCode: 0 }];
      }),
  );

/** The sections as the script prints them. */
export const renderOutput = (sections: ReadonlyMap<string, Section>, nonce: string): Buffer =>
  Buffer.concat([
    ...[...sections.values()].flatMap(({ name, bytes, exitCode }) => [
      Buffer.from(`${nonce} begin ${name}\n`),
      bytes,
      Buffer.from(`\n${nonce} end ${name} ${exitCode}\n`),
    ]),
    Buffer.from(`${nonce} done\n`),
  ]);
