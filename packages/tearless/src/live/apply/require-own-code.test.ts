import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { requireOwnCode, type Written } from './require-own-code.ts';
import type { RunningProgram } from './running-program.ts';

// This very program stands for a tor: only where its code lies matters.
const file = readFileSync('/bin/true');
const text = new ElfFile(file).section('.text');
assert.ok(text !== undefined);
const base = 0x5500_0000_0000n;
const [first, second] = [base + text.address, base + text.address + 64n];
const addresses = new Map([
  ['first', first],
  ['second', second],
  ['elsewhere', 0x7000n],
]);
const jump = Uint8Array.of(0xe9, 1, 2, 3, 4);

/** A process whose memory is the file's, but for what is written over it. */
const running = (...over: readonly Written[]): RunningProgram => ({
  target: { pid: 7, startTicks: 1n, buildId: 'ab' },
  path: '/bin/true',
  mappings: [{ from: base, to: base + 0x10000n, permissions: 'r-xp', offset: 0n, path: '/bin/true', isDeleted: false }],
  readCode: (address, lengthBytes) => {
    const at = Number(address - base - text.address) + text.offset;
    const bytes = Uint8Array.from(file.subarray(at, at + lengthBytes));
    for (const one of over) if (one.address === address) bytes.set(one.bytes);
    return bytes;
  },
});

const build = { files: { tor: file, object: new Uint8Array() } };
const requires = (program: RunningProgram, ...written: readonly Written[]) =>
  requireOwnCode(build, program, { addresses }, written);

describe('code of a process', () => {
  it('is its own where it has what its build has, and what known updates have written', () => {
    requires(running());
    const update = { address: first, bytes: jump };
    requires(running(update), update);
    const later = { address: first, bytes: Uint8Array.of(0xe9, 9, 9, 9, 9) };
    requires(running(later), update, later);
  });

  it('is not where somebody else wrote over it, or took back what was known of', () => {
    const update = { address: second, bytes: jump };
    const refused = { code: 'live-other-code', message: /^process 7 begins second otherwise/ };
    assert.throws(() => requires(running(update)), refused);
    assert.throws(() => requires(running(), update), refused);
    assert.throws(() => requires(running({ ...update, bytes: Uint8Array.of(0xcc) }), update), refused);
  });
});
