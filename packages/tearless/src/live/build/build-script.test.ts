// The script that builds a tree, on one that has the shape of tor's and compiles in a second.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { VariableSide } from '../diff/diff-variables.ts';
import { compareBuilds, readBuild } from '../verdict/compare-builds.ts';
import { buildScript } from './build-script.ts';

const makefile = `CC = gcc
src/app/tor: src/app/main/tor_main.o libtor.a
	$(CC) -pie -o $@ $^
libtor.a: src/core/mainloop/mainloop.o src/core/or/relay.o
	ar rcs $@ $^
src/%.o: ../source/src/%.c
	mkdir -p $(dir $@)
	$(CC) $(CFLAGS) -c $< -o $@
`;
const tree = {
  configure: `#!/bin/sh
for word; do case $word in CFLAGS=*) flags=\${word#CFLAGS=} ;; esac; done
mkdir -p src/app
{ echo "CFLAGS = -fPIE $flags"; cat ../source/Makefile.in; } >Makefile
`,
  'Makefile.in': makefile,
  'src/app/main/tor_main.c':
    '#include <stdio.h>\nint turn(int), relay(int);\nint main(int n, char **words) { (void)words; puts("Tor version 0.0.1."); return turn(n) + relay(n) > 99; }\n',
  // Both files have a static function and a static variable of one name, and name themselves in a message.
  'src/core/mainloop/mainloop.c':
    '#include <stdio.h>\nstatic int calls;\n__attribute__((noinline)) static int step(int n) { if (n > 90) puts(__FILE__); return calls += n; }\nint turn(int n) { return step(n); }\n',
  'src/core/or/relay.c':
    '#include <stdio.h>\nstatic int calls = 5;\n__attribute__((noinline)) static int step(int n) { if (n > 91) puts(__FILE__); return calls -= n; }\nint relay(int n) { return step(n) + 1; }\n',
};

describe('a tree that was built in two places', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-script-'));
  const build = (name: string): VariableSide => {
    const out = join(folder, name);
    for (const [path, text] of Object.entries(tree)) {
      const file = join(out, 'source', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    chmodSync(join(out, 'source/configure'), 0o755);
    execFileSync('sh', ['-c', buildScript, 'build', out, '1']);
    return readBuild({ tor: readFileSync(join(out, 'tor')), object: readFileSync(join(out, 'tor.o')) });
  };
  let sides: readonly [VariableSide, VariableSide];
  before(() => {
    sides = [build('here'), build('at/another/place')];
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is one program: what names its own source file does not differ, and the build-id is the same', () => {
    const [here, there] = sides;
    const { code, variables } = compareBuilds(here, there);
    assert.deepEqual([[...code.changed], [...variables.changed]], [[], []]);
    assert.ok(here.image.buildId !== undefined);
    assert.equal(here.image.buildId, there.image.buildId);
  });

  it('knows what only one source file sees by that file, of several that have the name', () => {
    const [{ image }] = sides;
    const named = (keys: Iterable<string>, name: string) => [...keys].filter((key) => key.endsWith(name)).sort();
    assert.deepEqual(named(image.functions.keys(), 'step'), ['mainloop.c:step', 'relay.c:step']);
    assert.deepEqual(named(image.writable.keys(), 'calls'), ['mainloop.c:calls', 'relay.c:calls']);
  });
});
