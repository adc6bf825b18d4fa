// The framing of the facts script's output: sections between lines that begin with a nonce nobody on the host knew.
import { FactsError } from './error.ts';

/** What one fact printed, and how its commands ended. */
export interface Section {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly exitCode: number;
}

/**
 * Takes the output apart.
 *
 * ```
 * NONCE begin kernel
 * 6.1.0-37-amd64 x86_64
 *
 * NONCE end kernel 0
 * NONCE done
 * ```
 * The line end before `NONCE end` belongs to the frame, so a section may hold any bytes and end in any way.
 * @throws FactsError when a frame is missing or out of order, as when the output was cut short
 */
export const splitSections = (output: Uint8Array, nonce: string): Map<string, Section> => {
  const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
  const sections = new Map<string, Section>();
  const done = `${nonce} done\n`;
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\n', at);
    const line = bytes.toString('latin1', at, lineEnd < 0 ? bytes.length : lineEnd + 1);
    if (line === done && lineEnd + 1 === bytes.length) return sections;
    const name = line.startsWith(`${nonce} begin `) ? /^[a-z-]+\n$/.exec(line.slice(nonce.length + 7))?.[0].trim() : '';
    if (name === undefined || name === '' || sections.has(name))
      throw new FactsError({ fact: name || 'frame', problem: `expected a section at byte ${at} of the output` });

    const start = lineEnd + 1;
    const mark = `\n${nonce} end ${name} `;
    const end = bytes.indexOf(mark, start, 'latin1');
    const next = end < 0 ? -1 : bytes.indexOf('\n', end + mark.length);
    const exitCode = next < 0 ? '' : bytes.toString('latin1', end + mark.length, next);
    if (!/^\d{1,3}$/.test(exitCode))
      throw new FactsError({
        fact: name,
        problem: 'the output ends in the middle of the section',
        hint: 'the connection was lost or the reading was stopped: try again',
      });
    sections.set(name, { name, bytes: bytes.subarray(start, end), exitCode: Number(exitCode) });
    at = next + 1;
  }
};

/** What one fact printed. @throws FactsError when the host did not report it, or its commands failed */
export const bytesOfSection = (sections: ReadonlyMap<string, Section>, fact: string): Uint8Array => {
  const section = sections.get(fact);
  if (section === undefined)
    throw new FactsError({
      fact,
      problem: 'the host did not report it',
      hint: 'the helper on the host is of another version: install this one with `tearless host add`',
    });
  if (section.exitCode !== 0)
    throw new FactsError({
      fact,
      problem: `its commands ended with exit code ${section.exitCode}`,
      hint: 'the cause is what they said on the host; Tearless needs Debian 12 or later, or Ubuntu 24.04, with systemd',
    });
  return section.bytes;
};

/** The same as text. */
export const textOfSection = (sections: ReadonlyMap<string, Section>, fact: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOfSection(sections, fact));
