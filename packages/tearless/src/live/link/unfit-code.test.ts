// Code that an update cannot carry, or not as it stands: refused by name, or brought along though it looks the same.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LiveError } from '../live-error.ts';
import { Builds, change, OwnProgram } from './testing/own-program.ts';

const refused =
  (subject: RegExp) =>
  (error: unknown): boolean =>
    error instanceof LiveError && error.code === 'live-link-unsupported' && subject.test(error.subject ?? '');

describe('an update', () => {
  it('does not call what says which of several functions is meant', async () => {
    const source = `static int plain(int n) { return n * 3; }
static int (*choose(void))(int) { return plain; }
int chosen(int n) __attribute__((ifunc("choose")));
__attribute__((noinline)) int other(int n) { return chosen(n) + 1; }
long work(long n) { return other((int)n); }
`;
    using builds = new Builds();
    const [former, caller] = [source, change(source, ['+ 1', '+ 2'])].map((text) => builds.build(text));
    assert.ok(former !== undefined && caller !== undefined);
    await using program = await OwnProgram.start(former);
    assert.equal(await program.run(2), 7);
    assert.throws(() => program.link(former, caller), refused(/^(chosen|program\.c:choose)$/));
  });

  it('does not take code without the name of a function for a constant', async () => {
    const source = `asm(".pushsection .text.nameless,\\"ax\\",@progbits\\nnameless: mov $3, %eax\\nret\\n.popsection");
int nameless(void);
long work(long n) { return nameless() + n; }
`;
    using builds = new Builds();
    const [former, next] = [source, change(source, ['$3,', '$5,'])].map((text) => builds.build(text));
    assert.ok(former !== undefined && next !== undefined);
    await using program = await OwnProgram.start(former);
    assert.equal(await program.run(2), 5);
    assert.throws(() => program.link(former, next), refused(/text\.nameless/));
  });

  it('brings a constant along that has to lie at a multiple of more bytes', async () => {
    const table = (name: string, attribute: string): string =>
      `static const int ${name}[5] ${attribute} = { ${name.length}, 2, 3, 4, 5 };\n`;
    const source = (attribute: string): string => `#include <stdint.h>
${['a', 'bb', 'ccc'].map((name) => table(name, attribute)).join('')}
static long rest(const void *at) { asm("" : "+r"(at)); return (long)((uintptr_t)at & 63); }
long work(long n) { return ${attribute === '' ? 'n' : '0'} + rest(a) + rest(bb) + rest(ccc); }
`;
    using builds = new Builds();
    const [former, next] = ['', '__attribute__((aligned(64)))'].map((attribute) => builds.build(source(attribute)));
    assert.ok(former !== undefined && next !== undefined);
    await using program = await OwnProgram.start(former);
    assert.notEqual(await program.run(0), 0);
    await program.apply(program.link(former, next));
    assert.equal(await program.run(0), 0);
  });
});
