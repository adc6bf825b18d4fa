import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ElfError } from '@tearless/elf/error.ts';
import { LiveError } from '../live-error.ts';
import { compile, compileBuild } from '../testing/compile.ts';
import { readBuild } from './compare-builds.ts';
import { requireFitBuild } from './require-fit-build.ts';

const unfit =
  (subject: string | RegExp, hint: RegExp) =>
  (error: unknown): boolean =>
    error instanceof LiveError &&
    error.code === 'live-build-opaque' &&
    (typeof subject === 'string' ? error.subject === subject : subject.test(error.subject ?? '')) &&
    hint.test(error.hint ?? '');

const source = 'struct kept { long n; } *all; long work(long n) { return all->n += n; }\n';

describe('a build is not judged', () => {
  it('where a variable has no place before it is linked, since it would not be compared', () => {
    const text = 'int shared __attribute__((common)); int work(void) { return shared++; }\n';
    assert.throws(() => compileBuild({ 'program.c': text }), unfit('shared', /-fno-common/));
  });

  it('where its debug information does not tell the type of a variable', () => {
    const text = `asm(".data\\n.globl blind\\n.type blind, @object\\n.size blind, 4\\nblind: .long 5\\n.text");
extern int blind; int work(void) { return blind++; }
`;
    assert.throws(() => compileBuild({ 'program.c': text }), unfit('blind', /-g$/));
  });

  it('where several things lie in one section, which reach each other by where they lie', () => {
    const text = `int one __attribute__((section("both"))) = 1; int two __attribute__((section("both"))) = 2;
int work(int n) { if (two == 5) two = 6; return one == n; }
`;
    assert.throws(() => compileBuild({ 'program.c': text }), unfit(/^(one|two)$/, /-fdata-sections/));
  });

  it('where the linker gathers things that are gone through from a beginning to an end', () => {
    const text = `static long one __attribute__((section("things"), used)) = 1; extern long __start_things[], __stop_things[];
long work(long n) { for (long *at = __start_things; at < __stop_things; at++) n += *at; return n; }
`;
    assert.throws(() => compileBuild({ 'program.c': text }), unfit('things', /restart/));
  });

  it('where its program is not made of its relocatable file', () => {
    const [one, other] = [source, source.replace('+= n', '+= n * 12345')].map((text) => compile({ 'program.c': text }));
    assert.ok(one !== undefined && other !== undefined);
    assert.throws(() => readBuild({ tor: one.tor, object: other.object }), unfit('work', /-flto/));
  });

  it('where it has more sections than symbols can name', () => {
    const { image, debug } = compileBuild({ 'program.c': source });
    const [first] = image.file.sections;
    const file = Object.create(image.file, { sections: { value: Array(0xff00).fill(first) } });
    assert.throws(() => requireFitBuild({ ...image, file }, debug, image.file), unfit('tor.o', /restart/));
  });

  for (const option of ['-fdebug-types-section', '-gsplit-dwarf', '-g1'])
    it(`where it was compiled with ${option}, which leaves types out`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'tearless-fit-'));
      const run = (file: string, ...args: string[]) => execFileSync(file, args, { cwd: folder });
      try {
        writeFileSync(join(folder, 'a.c'), source);
        run('gcc', '-g', option, '-O2', '-fPIE', '-ffunction-sections', '-fdata-sections', '-c', 'a.c', '-o', 'a.o');
        run('gcc', '-pie', '-nostartfiles', '-Wl,-e,0', '-o', 'program', 'a.o');
        run('ld', '-r', '--unique', '-o', 'whole.o', 'a.o');
        run('objcopy', '--strip-debug', '--keep-file-symbols', 'whole.o');
        const files = { tor: readFileSync(join(folder, 'program')), object: readFileSync(join(folder, 'whole.o')) };
        assert.throws(
          () => readBuild(files),
          (error) => error instanceof LiveError || error instanceof ElfError,
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
});
