// Reads the import lines of every source file and fails on a breach of the floors; names the rule that was broken.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

/** Rooms from the ground up: a room imports only rooms of floors below its own, and itself. */
const floors: readonly (readonly string[])[] = [
  ['base'],
  ['config', 'stats', 'report'],
  ['host', 'store'],
  ['facts'],
  ['change'],
  ['daemon'],
  ['relays', 'experiments', 'sites', 'balance', 'live'],
  ['api', 'cli'],
  ['main.ts'],
];
const pure = ['base', 'config', 'stats', 'report'];
const product = 'packages/tearless/src';

interface Import {
  readonly file: string;
  readonly specifier: string;
}

const isTestSupport = (file: string): boolean => /\.test\.ts$|\/testing\//.test(file);
const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter((file) => !isTestSupport(file));
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const imports: Import[] = [...texts].flatMap(([file, text]) =>
  [
    ...text.matchAll(
      /(?:^|\s)(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]/gm,
    ),
  ].map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3] ?? '' })),
);

const roomOf = (file: string): string | undefined =>
  file.startsWith(`${product}/`) ? file.slice(product.length + 1).split('/')[0] : undefined;
const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room));
const target = ({ file, specifier }: Import): string => relative(root, join(root, dirname(file), specifier));
const breaches = (broken: (line: Import) => boolean): string[] =>
  imports.filter(broken).map(({ file, specifier }) => `${file} imports ${specifier}`);

const builtins = (names: readonly string[]) => (line: Import) =>
  names.some((name) => line.specifier === `node:${name}`);
const library = (file: string) => /^packages\/(tearless|tor|elf)\/src\//.test(file);

describe('the floors of the house', () => {
  it('has sources to look at', () => assert.ok(imports.length > 50, `${imports.length} imports found`));

  it('every room of the product stands on a floor', () => {
    const unknown = new Set(files.map(roomOf).filter((room) => room !== undefined && floorOf(room) === -1));
    assert.deepEqual([...unknown], []);
  });

  it('a room imports only rooms of the floors below it, and itself', () => {
    const upward = breaches((line) => {
      const from = roomOf(line.file);
      const to = line.specifier.startsWith('.') ? roomOf(target(line)) : undefined;
      return from !== undefined && to !== undefined && from !== to && floorOf(to) >= floorOf(from);
    });
    assert.deepEqual(upward, []);
  });

  it('packages/tor and packages/elf import nothing of ours but themselves', () => {
    assert.deepEqual(
      breaches((line) => /^packages\/(tor|elf)\//.test(line.file) && /^(@tearless\/|tearless)/.test(line.specifier)),
      [],
    );
  });

  it('packages/lab stands on packages/tor alone', () => {
    assert.deepEqual(
      breaches(
        (line) => line.file.startsWith('packages/lab/') && /^(tearless|@tearless\/(?!tor))/.test(line.specifier),
      ),
      [],
    );
  });

  it('only the command line and what shows it load the lab', () => {
    assert.deepEqual(
      breaches(
        (line) => library(line.file) && roomOf(line.file) !== 'cli' && line.specifier.startsWith('@tearless/lab'),
      ),
      [],
    );
  });

  it('child processes only in host', () => {
    assert.deepEqual(
      breaches((line) => library(line.file) && roomOf(line.file) !== 'host' && builtins(['child_process'])(line)),
      [],
    );
  });

  it('the network only in host and api', () => {
    const allowed = ['host', 'api'];
    assert.deepEqual(
      breaches(
        (line) =>
          library(line.file) &&
          !allowed.includes(roomOf(line.file) ?? '') &&
          builtins(['net', 'tls', 'http', 'https'])(line),
      ),
      [],
    );
  });

  it('the pure rooms, the Tor library and the ELF library do no I/O', () => {
    const isPure = (file: string) => pure.includes(roomOf(file) ?? '') || /^packages\/(tor|elf)\/src\//.test(file);
    assert.deepEqual(
      breaches(
        (line) => isPure(line.file) && builtins(['fs', 'fs/promises', 'child_process', 'net', 'os', 'sqlite'])(line),
      ),
      [],
    );
  });

  it('process and console only in main.ts and cli/core', () => {
    // A variable may well be named `process`: meant here is Node's own, known by members that only it has.
    const globals = /(?<![\w.])(process\.(argv|cwd|env|exit|getuid|hrtime|memoryUsage|nextTick|platform)\b|console\.)/;
    const withoutComments = (text: string) => text.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
    const touching = [...texts]
      .filter(([file]) => library(file) && !file.endsWith('/src/main.ts') && !file.startsWith(`${product}/cli/core/`))
      .filter(([, text]) => globals.test(withoutComments(text)))
      .map(([file]) => file);
    assert.deepEqual(touching, []);
  });

  it('the web page imports types and the client of the API only', () => {
    assert.deepEqual(
      breaches(
        (line) =>
          line.file.startsWith('packages/web/') &&
          line.specifier.includes('tearless') &&
          !/\/api\//.test(line.specifier),
      ),
      [],
    );
  });
});
