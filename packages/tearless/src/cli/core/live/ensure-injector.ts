// The injector as it is shipped to hosts: built once on this machine from its sources, linked statically.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import type { ShippedFile } from '../../../live/apply/params.ts';
import { injectorBuild } from '../../../live/inject/run-injector.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import { statePaths } from '../state-paths.ts';

const native = join(import.meta.dirname, '../../../../../../native');
const script = `out=$1; shift; exec "$@" -o "$out"`;
const buildTimeoutMs = 120_000;

/** @throws LiveError `live-injector-unbuilt` */
export const ensureInjector = async ({ surroundings, signal }: CommandContext): Promise<ShippedFile> => {
  const { compiler, flags, sources } = injectorBuild;
  const files = [...sources, 'injector.h'].map((name) => readFileSync(join(native, name)));
  const of = sha256Hex(Buffer.concat([Buffer.from(flags.join(' ')), ...files])).slice(0, 16);
  const directory = join(statePaths(surroundings).directory, 'live');
  const path = join(directory, `injector-${of}`);
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Another command may be at it: neither takes what the other has half written.
    const beside = `${path}.${randomUUID()}`;
    const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
    try {
      const { exitCode, stderr } = await host.run(script, {
        args: [beside, compiler, ...flags, ...sources.map((name) => join(native, name))],
        signal,
        timeoutMs: buildTimeoutMs,
      });
      if (exitCode !== 0)
        throw new LiveError({
          kind: 'failed',
          code: 'live-injector-unbuilt',
          message: `the injector cannot be built here: ${stderr.trim().split('\n').at(-1) ?? ''}`,
          hint: 'it takes a C compiler and the static libc: gcc and libc6-dev',
        });
    } finally {
      await host.close();
    }
    renameSync(beside, path);
  }
  return { path, sha256: sha256Hex(readFileSync(path)) };
};
