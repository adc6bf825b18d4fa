// A build that is broken off leaves nothing that the next attempt would stumble over; one that fails leaves its log.
import assert from 'node:assert/strict';
import {
  existsSync,
  type FSWatcher,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import type { CommandContext } from '../context.ts';
import { createOutput } from '../output.ts';
import { buildTree } from './build-tree.ts';

describe('a build', () => {
  let folder: string;
  let watcher: FSWatcher | undefined;
  const at = (...parts: string[]): string => join(folder, ...parts);

  const build = async (configure: string, signal: AbortSignal): Promise<{ error: unknown; said: string }> => {
    writeFileSync(at('tree', 'configure'), `#!/bin/sh\n${configure}\n`, { mode: 0o755 });
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const output = createOutput({ stdin, stdout, stderr }, { json: false, color: false, env: {} });
    const surroundings = { stderr, cwd: folder, clock: systemClock, machine: 'testing' };
    const wish = { source: 'tree', out: 'out', jobs: 1, reserveLongs: 0, after: undefined, configure: [] };
    const error = await buildTree({ surroundings, output, signal } as unknown as CommandContext, wish).then(
      () => assert.fail('built'),
      (reason: unknown) => reason,
    );
    return { error, said: String(stderr.read() ?? '') };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-build-tree-'));
    mkdirSync(at('tree', 'src', 'core', 'mainloop'), { recursive: true });
    writeFileSync(at('tree', 'src', 'core', 'mainloop', 'mainloop.c'), '');
  });
  afterEach(() => {
    watcher?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('that is broken off is removed, and only that', async () => {
    const stop = new AbortController();
    const building = build(`echo made >beside; : >'${at('begun')}'; sleep 600`, stop.signal);
    const begun = new Promise<void>((resolve) => {
      const look = (): void => {
        if (existsSync(at('begun'))) resolve();
      };
      watcher = watch(folder, look);
      look();
    });
    await Promise.race([begun, building]);
    assert.ok(existsSync(at('out', 'build', 'beside')));
    stop.abort(new Error('Ctrl-C'));
    const { error, said } = await building;
    assert.equal((error as { kind?: string }).kind, 'interrupted', String(error));
    assert.equal(existsSync(at('out')), false);
    assert.match(said, /\/out is removed\n$/);
    assert.ok(existsSync(at('tree', 'configure')));
  });

  it('that fails stays, with its log', async () => {
    const { error, said } = await build('echo no compiler; exit 3', new AbortController().signal);
    assert.equal((error as { code?: string }).code, 'live-build-failed', String(error));
    assert.match(readFileSync(at('out', 'build.log'), 'utf8'), /no compiler/);
    assert.doesNotMatch(said, /removed/);
  });

  it('of a tree that is a build’s own is refused before anything is made', async () => {
    writeFileSync(at('tree', 'src', 'core', 'conn_st.h'), 'struct conn { unsigned long tearless_reserve[8]; };\n');
    const { error } = await build('exit 0', new AbortController().signal);
    assert.equal((error as { code?: string }).code, 'live-tree-unfit', String(error));
    assert.match(String(error), /room set aside in src\/core\/conn_st\.h/);
    assert.equal(existsSync(at('out')), false);
  });
});
