// For tests: a small program compiled as `live build` compiles tor.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { VariableSide } from '../diff/diff-variables.ts';
import { type BuildFiles, readBuild } from '../verdict/compare-builds.ts';

export type Sources = Readonly<Record<string, string>>;

const flags = ['-g', '-O2', '-fPIE', '-ffunction-sections', '-fdata-sections', '-fcf-protection=full', '-Wall'];

/** @param link further words for the linker */
export const compileIn = (folder: string, sources: Sources, link: readonly string[] = []): BuildFiles => {
  const run = (file: string, ...args: string[]) => execFileSync(file, args, { cwd: folder });
  const objects = Object.entries(sources).map(([name, text]) => {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    run('gcc', ...flags, '-c', name, '-o', `${name}.o`);
    return `${name}.o`;
  });
  run('gcc', '-pie', '-Wl,-z,now', ...link, '-o', 'program', ...objects);
  run('ld', '-r', '--unique', '-o', 'whole.o', ...objects);
  run('objcopy', '--strip-debug', '--keep-file-symbols', 'whole.o');
  return { tor: readFileSync(join(folder, 'program')), object: readFileSync(join(folder, 'whole.o')) };
};

/** A program that is never run: names of libraries may stay open. @param sources by file name */
export const compile = (sources: Sources): BuildFiles => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-live-'));
  try {
    return compileIn(folder, sources, ['-nostartfiles', '-Wl,--unresolved-symbols=ignore-all,-e,0']);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const compileBuild = (sources: Sources): VariableSide => readBuild(compile(sources));
