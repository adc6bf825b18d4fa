// A program without what only debuggers and linkers read: symbols, debug information, the table of sections. What is loaded stays
// byte by byte, the build-id with it. Pure.
import { decodeElfHeader } from '@tearless/elf/header.ts';
import { decodeProgramHeaders } from '@tearless/elf/program-header.ts';

const sectionTableAt = 0x28;
const sectionCountAt = 0x3c;
const sectionNamesAt = 0x3e;

/** @throws ElfError for what is no program */
export const stripProgram = (program: Uint8Array): Uint8Array => {
  const headers = decodeProgramHeaders(program, decodeElfHeader(program));
  const end = headers.reduce((most, { offset, fileBytes }) => Math.max(most, offset + fileBytes), 0);
  // A copy: slices of Node's buffers are not.
  const stripped = new Uint8Array(program.subarray(0, end));
  const view = new DataView(stripped.buffer);
  view.setBigUint64(sectionTableAt, 0n, true);
  view.setUint16(sectionCountAt, 0, true);
  view.setUint16(sectionNamesAt, 0, true);
  return stripped;
};
