import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { listSameConstants } from '../diff/same-constants.ts';
import { baseOf, findRoom, parseMaps } from '../process/memory-map.ts';
import { readImports } from '../process/read-imports.ts';
import { compileIn } from '../testing/compile.ts';
import { type BuildFiles, compareBuilds, readBuild } from '../verdict/compare-builds.ts';
import { firstGeneration, type Generation } from './generation.ts';
import { type LinkedUpdate, linkUpdate } from './link.ts';

const harness = readFileSync(new URL('testdata/harness.c', import.meta.url), 'utf8');

/** A counter that lives on, an import, a table of addresses, a constant whose address counts, and a dense switch. */
const former = `#include <string.h>
typedef long (*step)(long);
struct kind { const char *name; };
const struct kind plain = { "plain" };
static long calls;
static __attribute__((noinline)) long first(long n) { return n + 1; }
static __attribute__((noinline)) long second(long n) { return n * 2; }
static step steps[] = { first, second };
__attribute__((noinline)) const struct kind *kind_of(long n) { (void)n; return &plain; }
__attribute__((noinline)) long pick(long n) {
  switch (n & 7) { case 0: return 3; case 1: return 1; case 2: return 4; case 3: return 11; case 4: return 5; case 5: return 9; case 6: return 2; default: return 6; }
}
long work(long n) {
  calls++;
  const struct kind *kind = kind_of(n);
  return calls * 1000000 + steps[n & 1](n) * 1000 + pick(n) * 10 + (long)strlen(kind->name) + (kind == &plain ? 0 : 500);
}
`;

const change = (source: string, ...changes: [from: string, to: string][]): string =>
  changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  }, source);

interface Build {
  readonly folder: string;
  readonly files: BuildFiles;
  readonly side: VariableSide;
}

describe('an update', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tearless-link-'));
  let old: Build;
  let child: ChildProcess;
  let answers: AsyncIterator<string>;
  let generation: Generation;
  let at = 0n;

  const build = (name: string, source: string): Build => {
    const folder = join(directory, name);
    mkdirSync(folder);
    const files = compileIn(folder, { 'program.c': source, 'harness.c': harness });
    return { folder, files, side: readBuild(files) };
  };
  const ask = async (line: string): Promise<string> => {
    child.stdin?.write(`${line}\n`);
    const { value, done } = await answers.next();
    assert.ok(done !== true, `no answer to ${line.slice(0, 60)}`);
    return value;
  };
  const run = async (n: number): Promise<number> => Number(await ask(`run ${n}`));
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  /** What the process has where, which the linker asks for; it is read before, since asking is not. */
  const readHeads = async (keys: Iterable<string>): Promise<Map<bigint, Uint8Array>> => {
    const heads = new Map<bigint, Uint8Array>();
    for (const key of keys) {
      const address = generation.addresses.get(key);
      if (address !== undefined) heads.set(address, Buffer.from(await ask(`read ${address.toString(16)} 16`), 'hex'));
    }
    return heads;
  };
  const link = async (from: Build, to: Build): Promise<LinkedUpdate> => {
    const differences = compareBuilds(from.side, to.side);
    const heads = await readHeads(to.side.image.functions.keys());
    const update = linkUpdate({
      sides: { former: from.side, next: to.side },
      rules: undefined,
      differences,
      former: generation,
      sameConstants: listSameConstants(from.side.image, to.side.image),
      readCode: (address, length) => (heads.get(address) ?? assert.fail()).subarray(0, length),
      at,
    });
    at += 0x1000000n;
    return update;
  };
  const apply = async ({ regions, redirects, generation: next }: LinkedUpdate): Promise<void> => {
    const protections = { code: 5, constants: 1, variables: 3 };
    for (const { address, bytes, protection } of regions)
      assert.equal(await ask(`map ${address.toString(16)} ${protections[protection]} ${hex(bytes)}`), 'mapped');
    for (const { address, bytes } of redirects)
      assert.equal(await ask(`write ${address.toString(16)} ${hex(bytes)}`), 'written');
    generation = next;
  };
  const rollBack = async ({ redirects }: LinkedUpdate): Promise<void> => {
    for (const { address, before } of redirects)
      assert.equal(await ask(`write ${address.toString(16)} ${hex(before)}`), 'written');
  };

  before(() => {
    old = build('old', former);
  });
  beforeEach(async () => {
    child = spawn(join(old.folder, 'program'), { stdio: ['pipe', 'pipe', 'inherit'] });
    assert.ok(child.stdout !== null);
    answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = await answers.next();
    assert.equal(value, 'ready');
    const program = join(old.folder, 'program');
    const mappings = parseMaps(readFileSync(`/proc/${child.pid}/maps`, 'utf8'));
    const [base, room] = [baseOf(mappings, program), findRoom(mappings, program, 16n * 0x1000000n)];
    assert.ok(base !== undefined && room !== undefined);
    const linked = new ElfFile(old.files.tor);
    const memory = openSync(`/proc/${child.pid}/mem`, 'r');
    const imports = readImports(linked, base, (address) => {
      const bytes = Buffer.alloc(8);
      readSync(memory, bytes, 0, 8, address);
      return bytes.readBigUInt64LE();
    });
    closeSync(memory);
    assert.ok(imports.has('strlen'));
    generation = firstGeneration(old.side, linked, base, imports);
    at = room;
  });
  afterEach(async () => {
    const ended = once(child, 'close');
    child.stdin?.end();
    await ended;
  });
  after(() => rmSync(directory, { recursive: true }));

  it('brings changed functions, and the program goes on with what it had', async () => {
    assert.equal(await run(4), 1_000_000 + 5_000 + 50 + 5);
    const next = build('body', change(former, ['return n + 1;', 'return n + 7;']));
    const update = await link(old, next);
    assert.deepEqual(
      update.redirects.map(({ key }) => key),
      ['program.c:first'],
    );
    await apply(update);
    assert.equal(await run(4), 2_000_000 + 11_000 + 50 + 5);
  });

  it('goes back to the last byte, and what was counted meanwhile stays', async () => {
    const next = build('back', change(former, ['return n + 1;', 'return n + 7;']));
    const update = await link(old, next);
    const [{ address } = { address: 0n }] = update.redirects;
    const entry = await ask(`read ${address.toString(16)} 16`);
    await apply(update);
    assert.equal(await run(4), 1_000_000 + 11_000 + 50 + 5);
    await rollBack(update);
    assert.equal(await run(4), 2_000_000 + 5_000 + 50 + 5);
    assert.equal(await ask(`read ${address.toString(16)} 16`), entry);
  });

  it('brings strings, tables of jumps, new functions, new variables and calls of libraries', async () => {
    const source = change(
      former,
      [
        'static long calls;',
        'static long calls;\nstatic long seen[3] = { 100, 200, 300 };\n__attribute__((noinline)) static long extra(long n) { return seen[n % 3] += (long)strlen("four"); }',
      ],
      ['case 4: return 5;', 'case 4: return extra(4);'],
    );
    await apply(await link(old, build('more', source)));
    assert.equal(await run(4), 1_000_000 + 5_000 + 204 * 10 + 5);
    assert.equal(await run(4), 2_000_000 + 5_000 + 208 * 10 + 5);
    assert.equal(await run(3), 3_000_000 + 6_000 + 110 + 5);
  });

  it('leaves constants where they are, since others compare their addresses', async () => {
    const next = build('constant', change(former, ['(void)n; return &plain;', 'return n == 77 ? 0 : &plain;']));
    await apply(await link(old, next));
    assert.equal(await run(4), 1_000_000 + 5_000 + 50 + 5);
  });

  it('leaves functions at the addresses that tables hold', async () => {
    const source = change(
      former,
      ['static step steps[]', 'static long same(step s) { return s == first; }\nstatic step steps[]'],
      ['(kind == &plain ? 0 : 500)', '(kind == &plain ? 0 : 500) + 900000000 * same(steps[0])'],
      ['return n + 1;', 'return n + 2;'],
    );
    await apply(await link(old, build('pointer', source)));
    assert.equal(await run(4), 1_000_000 + 6_000 + 50 + 5 + 900_000_000);
  });

  it('follows another, over many generations, and each can be taken back', async () => {
    let last = old;
    const updates: LinkedUpdate[] = [];
    for (let round = 1; round <= 6; round++) {
      const next = build(`round${round}`, change(former, ['return n + 1;', `return n + ${10 * round};`]));
      const update = await link(last, next);
      await apply(update);
      updates.push(update);
      assert.equal(await run(0), round * 1_000_000 + 10 * round * 1000 + 30 + 5);
      last = next;
    }
    for (const update of updates.reverse()) await rollBack(update);
    assert.equal(await run(0), 7_000_000 + 1000 + 30 + 5);
  });

  it('that needs what no loaded library has is refused by name', async () => {
    const source = change(former, ['return n + 1;', 'extern long outside(long); return outside(n);']);
    const folder = join(directory, 'outside');
    mkdirSync(folder);
    const files = compileIn(folder, { 'program.c': source, 'harness.c': harness }, [
      '-Wl,--unresolved-symbols=ignore-all',
    ]);
    await assert.rejects(link(old, { folder, files, side: readBuild(files) }), {
      code: 'live-link-unresolved',
      subject: 'outside',
    });
  });

  it('that would lie too far away is refused', async () => {
    at += 2n ** 33n;
    const next = build('far', change(former, ['return n + 1;', 'return n + 7;']));
    await assert.rejects(link(old, next), { code: 'live-link-too-far' });
  });
});
