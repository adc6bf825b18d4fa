import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { compileIn } from '../testing/compile.ts';
import { stripProgram } from './strip-program.ts';

it('a program without symbols and debug information is smaller, runs as before and has its build-id', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-strip-'));
  try {
    const { tor } = compileIn(folder, { 'main.c': 'int main(void) { return 42; }\n' }, ['-Wl,--build-id']);
    const before = Buffer.from(tor);
    const stripped = stripProgram(tor);
    assert.deepEqual(Buffer.from(tor), before);
    assert.ok(stripped.length < tor.length);
    assert.match(findBuildId(tor) ?? '', /^[0-9a-f]{16,}$/);
    assert.equal(findBuildId(stripped), findBuildId(tor));
    assert.deepEqual(new ElfFile(stripped).sections, []);
    const path = join(folder, 'stripped');
    writeFileSync(path, stripped);
    chmodSync(path, 0o700);
    assert.throws(() => execFileSync(path), { status: 42 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
