// For tests: a small program compiled as `live build` compiles tor.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VariableSide } from '../diff/diff-variables.ts';
import { type BuildFiles, readBuild } from '../verdict/compare-builds.ts';

const flags = ['-g', '-O2', '-fPIE', '-ffunction-sections', '-fdata-sections', '-Wall'];

/** @param sources by file name. Names of libraries may stay open. */
export const compile = (sources: Readonly<Record<string, string>>): BuildFiles => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-live-'));
  const run = (file: string, ...args: string[]) => execFileSync(file, args, { cwd: folder });
  try {
    const objects = Object.entries(sources).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      run('gcc', ...flags, '-c', name, '-o', `${name}.o`);
      return `${name}.o`;
    });
    run('gcc', '-pie', '-nostartfiles', '-Wl,--unresolved-symbols=ignore-all,-e,0', '-o', 'program', ...objects);
    run('ld', '-r', '--unique', '-o', 'whole.o', ...objects);
    run('objcopy', '--strip-debug', '--keep-file-symbols', 'whole.o');
    return { tor: readFileSync(join(folder, 'program')), object: readFileSync(join(folder, 'whole.o')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const compileBuild = (sources: Readonly<Record<string, string>>): VariableSide => readBuild(compile(sources));
