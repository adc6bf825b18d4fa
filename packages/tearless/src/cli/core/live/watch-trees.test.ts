import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { watchTrees } from './watch-trees.ts';

const needed = ['configure', 'Makefile.in', 'src/core/mainloop/mainloop.c', 'src/app/main/tor_main.c'];

describe('trees that appear in a folder', () => {
  let folder: string;
  let stop: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-watch-'));
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    for (const trees of opened.splice(0)) await trees.return(undefined);
    rmSync(folder, { recursive: true });
  });
  const opened: AsyncGenerator<string>[] = [];
  const open = (onWaiting?: (name: string) => void): AsyncGenerator<string> => {
    const trees = watchTrees({
      folder,
      clock: systemClock,
      signal: stop.signal,
      quietMs: 20,
      ...(onWaiting === undefined ? {} : { onWaiting }),
    });
    opened.push(trees);
    return trees;
  };
  const put = (tree: string, files: readonly string[]): void => {
    for (const file of files) {
      mkdirSync(join(folder, tree, file, '..'), { recursive: true });
      writeFileSync(join(folder, tree, file), file);
    }
  };

  it('are told once each, those that are there and those that come', async () => {
    put('tor-1', needed);
    put('.builds', needed);
    const trees = open();
    assert.equal((await trees.next()).value, 'tor-1');
    const next = trees.next();
    put('tor-2', needed);
    assert.equal((await next).value, 'tor-2');
    const last = trees.next();
    stop.abort();
    assert.equal((await last).done, true);
  });

  it('are waited for while half of one is missing', async () => {
    put('tor-1', needed.slice(1));
    const waits = Promise.withResolvers<string>();
    const next = open(waits.resolve).next();
    assert.equal(await waits.promise, 'tor-1');
    put('tor-1', needed.slice(0, 1));
    assert.equal((await next).value, 'tor-1');
  });

  it('are told again when they come again', async () => {
    put('tor-1', needed);
    const trees = open();
    await trees.next();
    const next = trees.next();
    renameSync(join(folder, 'tor-1'), join(folder, 'tor-9'));
    assert.equal((await next).value, 'tor-9');
    const again = trees.next();
    renameSync(join(folder, 'tor-9'), join(folder, 'tor-1'));
    assert.equal((await again).value, 'tor-1');
  });
});
