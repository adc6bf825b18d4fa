// A small mutation fuzzer: takes corpus entries, damages them, and gives them to a target. Not coverage-guided;
// it finds hangs of a single input, wrong error classes and crashes. The only legal throw of a target is TorError.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TorError } from '../src/error.ts';

export interface FuzzOptions {
  /** Shown in reports. */
  name: string;
  /** Inputs to start from; at least one. Valid ones and ones that must be refused. */
  corpus: readonly Uint8Array[];
  /** Called with each input. May throw TorError; any other throw is a finding. */
  target: (bytes: Uint8Array) => void;
  /** Time budget. Ignored when `iterations` is given. Default 10. */
  seconds?: number | undefined;
  /** Fixed number of inputs instead of a time budget (for unit tests). */
  iterations?: number | undefined;
  /** Same seed, corpus and iterations: same inputs. Default 1. */
  seed?: number | undefined;
  /** Longest input produced. Default 64 KiB. */
  maxBytes?: number | undefined;
  /** An input that takes longer is a finding (super-linear parsing). Default 5000; not checked when `iterations` is given. */
  slowMs?: number | undefined;
}

export interface FuzzResult {
  name: string;
  seed: number;
  iterations: number;
  /** How many inputs the target took without throwing, and how many it refused with TorError. */
  accepted: number;
  refused: number;
  /** Refusals by error code. */
  codes: Record<string, number>;
}

/** An input that broke the target. `input` reproduces it. */
export class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding';
  readonly input: Uint8Array;
  readonly iteration: number;

  constructor(options: {
    name: string;
    seed: number;
    iteration: number;
    input: Uint8Array;
    cause?: unknown;
    what: string;
  }) {
    const shown = Buffer.from(options.input).toString('base64');
    super(
      `${options.name}: ${options.what} at iteration ${options.iteration} of seed ${options.seed}\ninput (base64): ${shown}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.input = options.input;
    this.iteration = options.iteration;
  }
}

/**
 * Runs the corpus itself, then mutated entries until the budget is spent.
 * @throws FuzzFinding on the first input that makes the target throw anything but TorError, or that is slow
 */
export function fuzz(options: FuzzOptions): FuzzResult {
  const { name, corpus, target, iterations } = options;
  if (corpus.length === 0) throw new RangeError(`${name}: the corpus is empty`);
  const seed = options.seed ?? 1;
  const maxBytes = options.maxBytes ?? 64 * 1024;
  const slowMs = options.slowMs ?? 5000;
  const random = mulberry32(seed);
  const endMs = performance.now() + (options.seconds ?? 10) * 1000;
  const result: FuzzResult = { name, seed, iterations: 0, accepted: 0, refused: 0, codes: {} };

  for (let i = 0; iterations === undefined ? performance.now() < endMs : i < iterations; i++) {
    const original = corpus[i];
    const input = original !== undefined ? original : mutate(pick(random, corpus), corpus, random, maxBytes);
    const startMs = performance.now();
    try {
      target(input.slice());
      result.accepted++;
    } catch (error) {
      if (!(error instanceof TorError)) {
        const what = `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
        throw new FuzzFinding({ name, seed, iteration: i, input, cause: error, what });
      }
      result.refused++;
      result.codes[error.code] = (result.codes[error.code] ?? 0) + 1;
    }
    const tookMs = performance.now() - startMs;
    if (iterations === undefined && tookMs > slowMs) {
      throw new FuzzFinding({ name, seed, iteration: i, input, what: `took ${Math.round(tookMs)} ms` });
    }
    result.iterations++;
  }
  return result;
}

/** The files of a folder (not of its subfolders) whose names end so, in name order: a corpus on disk. */
export function readCorpus(directory: string, ending = ''): Uint8Array[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md' && entry.name.endsWith(ending))
    .map((entry) => entry.name)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(directory, name))));
}

/**
 * The command line of a fuzz file: `node packages/tor/fuzz/NAME.ts [--seconds N] [--seed N] [--iterations N]`.
 * Prints one line; a finding ends the process with code 1.
 */
export function fuzzMain(options: FuzzOptions): void {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, iterations: { type: 'string' } },
  });
  const result = fuzz({
    ...options,
    seconds: numberOption('seconds', values.seconds) ?? options.seconds,
    seed: numberOption('seed', values.seed) ?? options.seed,
    iterations: numberOption('iterations', values.iterations) ?? options.iterations,
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function numberOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new RangeError(`--${name} ${text}: not a number`);
  return Number(text);
}

type Random = () => number;

/** mulberry32: 32 bits of state, enough to choose mutations; uniform in [0, 1). */
function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new RangeError('pick from an empty list');
  return item;
}

/** Bytes that mean something to line- and keyword-based formats, or that often break them. */
const telling = Array.from(
  [
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    '.',
    '.\r\n',
    '"',
    '\\',
    '=',
    '-',
    '+',
    ',',
    '~',
    '$',
    ':',
    '-1',
    '0',
    '00',
    '1e9',
    '4294967296',
  ],
  (text) => Buffer.from(text, 'latin1'),
).concat([
  Buffer.from([0xff]),
  Buffer.from([0xc3, 0x28]),
  Buffer.from('99999999999999999999'),
  Buffer.from('__proto__'),
]);

type Mutation = (bytes: Uint8Array, corpus: readonly Uint8Array[], random: Random) => Uint8Array;

const mutations: readonly Mutation[] = [
  (bytes, _, random) => splice(bytes, below(random, bytes.length + 1), 0, pick(random, telling)),
  (bytes, _, random) => splice(bytes, below(random, bytes.length + 1), 1, Uint8Array.of(below(random, 256))),
  (bytes, _, random) => splice(bytes, below(random, bytes.length + 1), 1 + below(random, 16), new Uint8Array()),
  (bytes, _, random) => bytes.slice(0, below(random, bytes.length + 1)),
  (bytes, _, random) => {
    const [from, to] = range(random, bytes.length);
    return splice(bytes, below(random, bytes.length + 1), 0, bytes.slice(from, to));
  },
  (bytes, corpus, random) => {
    const other = pick(random, corpus);
    const [from, to] = range(random, other.length);
    return splice(bytes, below(random, bytes.length + 1), below(random, 32), other.slice(from, to));
  },
  // Lines are the unit of every format here: remove, repeat, swap whole ones.
  (bytes, _, random) => mutateLines(bytes, random, (lines, at) => lines.splice(at, 1)),
  (bytes, _, random) => mutateLines(bytes, random, (lines, at) => lines.splice(at, 0, lines[at] ?? new Uint8Array())),
  (bytes, _, random) => mutateLines(bytes, random, (lines, at) => lines.push(...lines.splice(at, 1))),
];

function mutate(start: Uint8Array, corpus: readonly Uint8Array[], random: Random, maxBytes: number): Uint8Array {
  let bytes = start;
  for (let rounds = 1 + below(random, 4); rounds > 0; rounds--) bytes = pick(random, mutations)(bytes, corpus, random);
  return bytes.length > maxBytes ? bytes.slice(0, maxBytes) : bytes;
}

function range(random: Random, length: number): [number, number] {
  const a = below(random, length + 1);
  return [a, Math.min(length, a + 1 + below(random, 64))];
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

function mutateLines(bytes: Uint8Array, random: Random, change: (lines: Uint8Array[], at: number) => void): Uint8Array {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, from);
    const to = newline === -1 ? bytes.length : newline + 1;
    lines.push(bytes.subarray(from, to));
    from = to;
  }
  if (lines.length > 0) change(lines, below(random, lines.length));
  return Buffer.concat(lines);
}
