import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { listMissingHardening } from './hardening.ts';

const link = (...flags: string[]): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-hard-'));
  try {
    writeFileSync(join(folder, 'a.c'), 'int main(void) { return 0; }\n');
    execFileSync('gcc', [...flags, '-o', 'a', 'a.c'], { cwd: folder });
    return listMissingHardening(new ElfFile(readFileSync(join(folder, 'a'))));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

describe('a linked program', () => {
  it('lacks nothing when it is linked as packages are', () => {
    assert.deepEqual(link('-fPIE', '-pie', '-Wl,-z,relro', '-Wl,-z,now'), []);
  });

  it('says what it lacks', () => {
    assert.match(link('-fPIE', '-pie', '-Wl,-z,relro', '-Wl,-z,lazy').join(), /^names of libraries/);
    assert.match(link('-fPIE', '-pie', '-Wl,-z,norelro', '-Wl,-z,now').join(), /^what its loader/);
    assert.match(link('-fno-pie', '-no-pie', '-Wl,-z,relro', '-Wl,-z,now').join(), /^it is not position/);
  });
});
