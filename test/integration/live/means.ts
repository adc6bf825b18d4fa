// What tests of live updates share: builds read once, and an injector compiled as it is shipped.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import type { LiveDoor } from 'tearless/live/apply/live-door.ts';
import { localDoor } from 'tearless/live/apply/testing/local-door.ts';
import { manifestName, parseManifest } from 'tearless/live/build/manifest.ts';
import { injectorBuild } from 'tearless/live/inject/run-injector.ts';
import { readBuild } from 'tearless/live/verdict/compare-builds.ts';

const native = join(import.meta.dirname, '../../../native');

export const loadBuild = (directory: string): LiveBuild => {
  const path = join(directory, manifestName);
  const files = { tor: readFileSync(join(directory, 'tor')), object: readFileSync(join(directory, 'tor.o')) };
  return { manifest: parseManifest(readFileSync(path, 'utf8'), path), files, side: readBuild(files) };
};

export interface Means {
  readonly door: LiveDoor;
  readonly injector: string;
  /** Its injector lets every thread go on from its first waits, and holds it at the n-th. */
  doorAt(nth: number): LiveDoor;
  [Symbol.dispose](): void;
}

export const compileMeans = (): Means => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-means-'));
  const { compiler, flags, sources } = injectorBuild;
  const files = sources.map((name) => join(native, name));
  const compile = (name: string, ...more: readonly string[]): string => {
    const program = join(folder, name);
    execFileSync(compiler, [...flags, ...more, '-o', program, ...files]);
    return program;
  };
  const injector = compile('injector');
  let faulty: string | undefined;
  return {
    door: localDoor(injector),
    injector,
    doorAt: (nth) => {
      faulty ??= compile('faulty', '-DINJECT_FAULTS');
      return localDoor(faulty, `main-wait=${nth},worker-wait=${nth}`);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};

/** Why nothing can be injected here; undefined when it can. */
export const noInjection = (): string | undefined =>
  process.getuid?.() === 0 ? undefined : 'only root may change a running process';

/** Generous: a machine that does much else holds a thread up between two of its own steps. */
export const patience = { maxPauseUs: 2_000_000, findUs: 120_000_000 };
