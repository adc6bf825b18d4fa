// For tests: a small program that writes updates into itself on command (testdata/harness.c), so that what the linker makes is tried without
// anything that stops other processes.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach } from 'node:test';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { findUnwinder } from '../../debugger/unwinder.ts';
import type { VariableSide } from '../../diff/diff-variables.ts';
import { listSameConstants } from '../../diff/same-constants.ts';
import { listLibraryPaths, readMappedLibraries } from '../../process/mapped-libraries.ts';
import { baseOf, findRoom, type Mapping, parseMaps } from '../../process/memory-map.ts';
import { readImports } from '../../process/read-imports.ts';
import { parseRules } from '../../rules/rules.ts';
import { compileIn, type Sources } from '../../testing/compile.ts';
import { type BuildFiles, compareBuilds, readBuild } from '../../verdict/compare-builds.ts';
import { firstGeneration, type Generation } from '../generation.ts';
import { type LinkedUpdate, linkUpdate } from '../link.ts';

const harness = readFileSync(new URL('../testdata/harness.c', import.meta.url), 'utf8');
const roomBytes = 0x1000000n;

export interface OwnBuild {
  readonly folder: string;
  readonly files: BuildFiles;
  readonly side: VariableSide;
}

/** Builds in a directory of their own. */
export class Builds {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tearless-link-'));
  #count = 0;

  /** @param source defines `long work(long)`. @param others further files, by name */
  build(source: string, link: readonly string[] = [], others: Sources = {}): OwnBuild {
    this.#count += 1;
    const folder = join(this.#directory, `${this.#count}`);
    mkdirSync(folder);
    const files = compileIn(folder, { 'program.c': source, 'harness.c': harness, ...others }, link);
    return { folder, files, side: readBuild(files) };
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** Some text of a program, replaced. */
export const change = (source: string, ...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, () => to);
  }, source);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export class OwnProgram {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #memory: number;
  generation: Generation;
  /** Where the next update comes to lie. */
  at: bigint;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, generation: Generation, at: bigint) {
    this.#child = child;
    this.#answers = answers;
    this.#memory = openSync(`/proc/${child.pid}/mem`, 'r');
    this.generation = generation;
    this.at = at;
  }

  static async start({ folder, files, side }: OwnBuild): Promise<OwnProgram> {
    const program = join(folder, 'program');
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    assert.ok(child.stdout !== null);
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    assert.equal((await answers.next()).value, 'ready');
    const mappings = parseMaps(readFileSync(`/proc/${child.pid}/maps`, 'utf8'));
    const [base, room] = [baseOf(mappings, program), findRoom(mappings, program, 16n * roomBytes)];
    assert.ok(base !== undefined && room !== undefined);
    const linked = new ElfFile(files.tor);
    const memory = openSync(`/proc/${child.pid}/mem`, 'r');
    const imports = readImports(linked, base, (address) => {
      const bytes = Buffer.alloc(8);
      readSync(memory, bytes, 0, 8, address);
      return bytes.readBigUInt64LE();
    });
    closeSync(memory);
    return new OwnProgram(child, answers, firstGeneration(side, linked, base, imports), room);
  }

  get mappings(): Mapping[] {
    return parseMaps(readFileSync(`/proc/${this.pid}/maps`, 'utf8'));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    assert.ok(done !== true, `no answer to ${line.slice(0, 60)}`);
    return value;
  }

  async run(n: number): Promise<number> {
    return Number(await this.ask(`run ${n}`));
  }

  read(address: bigint, sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    readSync(this.#memory, bytes, 0, sizeBytes, address);
    return bytes;
  }

  /** @param rules as their file has them */
  link(from: OwnBuild, to: OwnBuild, rules?: string): LinkedUpdate {
    const memory = {
      mappings: this.mappings,
      readCode: (address: bigint, length: number) => this.read(address, length),
    };
    const update = linkUpdate({
      sides: { former: from.side, next: to.side },
      rules: rules === undefined ? undefined : parseRules(rules, 'rules.yaml'),
      differences: compareBuilds(from.side, to.side),
      former: this.generation,
      sameConstants: listSameConstants(from.side.image, to.side.image),
      readCode: memory.readCode,
      libraries: () => readMappedLibraries(memory, listLibraryPaths(memory.mappings)),
      unwinder: findUnwinder(memory),
      at: this.at,
    });
    this.at += roomBytes;
    return update;
  }

  /** @throws AssertionError where memory is not as the update expects, before anything is written */
  async apply({ regions, redirects, changes, expected, hooks, generation }: LinkedUpdate): Promise<void> {
    const protections = { code: 5, constants: 1, variables: 3 };
    for (const { address, bytes } of expected) assert.equal(hex(this.read(address, bytes.length)), hex(bytes));
    for (const { address, former } of changes) assert.equal(hex(this.read(address, former.length)), hex(former));
    for (const { address, bytes, protection } of regions)
      assert.equal(await this.ask(`map ${address.toString(16)} ${protections[protection]} ${hex(bytes)}`), 'mapped');
    for (const { address, bytes } of redirects)
      assert.equal(await this.ask(`write ${address.toString(16)} ${hex(bytes)}`), 'written');
    for (const { address, next } of changes)
      assert.equal(await this.ask(`poke ${address.toString(16)} ${hex(next)}`), 'written');
    for (const hook of hooks.up) assert.equal(await this.ask(`call ${hook.toString(16)}`), '0');
    this.generation = generation;
  }

  async rollBack({ redirects, changes, hooks }: LinkedUpdate): Promise<void> {
    for (const { address, before } of redirects)
      assert.equal(await this.ask(`write ${address.toString(16)} ${hex(before)}`), 'written');
    for (const { address, former } of changes)
      assert.equal(await this.ask(`poke ${address.toString(16)} ${hex(former)}`), 'written');
    for (const hook of hooks.down) assert.equal(await this.ask(`call ${hook.toString(16)}`), '0');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#memory);
    const ended = once(this.#child, 'close');
    this.#child.stdin?.end();
    await ended;
  }
}

/**
 * Within a suite: builds a program once, and starts it anew for each test.
 * @param onStart told of both before each test
 * @returns where further builds are made
 */
export const startForEach = (source: string, onStart: (build: OwnBuild, program: OwnProgram) => void): Builds => {
  const builds = new Builds();
  let build: OwnBuild;
  let program: OwnProgram;
  before(() => {
    build = builds.build(source);
  });
  beforeEach(async () => {
    program = await OwnProgram.start(build);
    onStart(build, program);
  });
  afterEach(() => program[Symbol.asyncDispose]());
  after(() => builds[Symbol.dispose]());
  return builds;
};
