// Writing and removing files: only what was seen, only what is ours, and back to the last attribute.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/json.ts';
import type { Host } from '../../host/host.ts';
import type { StepContext } from '../step.ts';
import { createDirectoryHost } from '../testing/directory-host.ts';
import { lookAtHost } from '../testing/fleet.ts';
import { openTestWorld, type TestWorld } from '../testing/world.ts';
import { fileRemove } from './file-remove.ts';
import { type FileWriteParams, fileWrite } from './file-write.ts';
import { readOwned } from './ownership.ts';

const path = '/etc/systemd/system/tor@a.service.d/50-tearless.conf';
const root = { mode: 0o644, owner: 'root', group: 'root' };
const admin = { mode: 0o640, owner: 'admin', group: 'adm' };

const contextOf = (host: Host, run = 'r'): StepContext => ({
  host,
  clock: systemClock,
  signal: new AbortController().signal,
  run,
});

const wanting = (content: string, former: string | null, at = path): FileWriteParams => ({
  path: at,
  content,
  ...root,
  expects: former === null ? null : sha256Hex(former),
});

const inWorld = async (act: (host: Host, world: TestWorld, look: () => Record<string, string>) => Promise<void>) => {
  await using world = await openTestWorld([]);
  const directory = `${world.directory}/hosts/h`;
  await act(createDirectoryHost({ name: 'h', directory }), world, () => lookAtHost(`${world.directory}/hosts`, 'h'));
};

/** check, remember, do and verify, as the engine does them. */
const write = async (host: Host, params: FileWriteParams, run = 'r') => {
  const context = contextOf(host, run);
  assert.equal(await fileWrite.check(context, params), false);
  const memory = await fileWrite.remember(context, params);
  await fileWrite.do(context, params, memory);
  await fileWrite.verify(context, params, memory);
  assert.equal(await fileWrite.check(context, params), true);
  return memory;
};

describe('file.write', () => {
  it('makes a file and its directories, owns them, and takes all of it back', () =>
    inWorld(async (host, _, look) => {
      const former = look();
      const params = wanting('new', null);
      const memory = await write(host, params);
      assert.deepEqual(memory.missingDirectories, [
        '/etc',
        '/etc/systemd',
        '/etc/systemd/system',
        '/etc/systemd/system/tor@a.service.d',
      ]);
      const owned = await readOwned(host);
      assert.deepEqual(owned.files, { [path]: { sha256: sha256Hex('new'), run: 'r' } });
      await fileWrite.undo(contextOf(host), params, memory);
      await fileWrite.undo(contextOf(host), params, memory);
      assert.deepEqual(look(), former);
    }));

  it('restores content, mode, owner and group of what stood there, and whose it was', () =>
    inWorld(async (host, _, look) => {
      await host.write(path, 'old', admin);
      const former = look();
      const params = wanting('new', 'old');
      const memory = await write(host, params);
      await fileWrite.undo(contextOf(host), params, memory);
      assert.deepEqual(look(), former);
      assert.deepEqual((await readOwned(host)).files, {});
    }));

  it('restores the record of a file that an earlier run wrote', () =>
    inWorld(async (host) => {
      await write(host, wanting('one', null), 'earlier');
      const before = await readOwned(host);
      const params = wanting('two', 'one');
      const memory = await write(host, params, 'later');
      assert.equal((await readOwned(host)).files[path]?.run, 'later');
      await fileWrite.undo(contextOf(host, 'later'), params, memory);
      assert.deepEqual(await readOwned(host), before);
    }));

  it('keeps a directory that two files share until the last of them goes, whichever made it', () =>
    inWorld(async (host, _, look) => {
      const former = look();
      const first = wanting('1', null, '/etc/x/one');
      const second = wanting('2', null, '/etc/x/two');
      const firstMemory = await write(host, first);
      const secondMemory = await write(host, second);
      await fileWrite.undo(contextOf(host), first, firstMemory);
      assert.equal((await host.stat('/etc/x'))?.type, 'directory');
      await fileWrite.undo(contextOf(host), second, secondMemory);
      assert.deepEqual(look(), former);
    }));

  it('only mends attributes where the content is right', () =>
    inWorld(async (host, _, look) => {
      await host.write(path, 'same', admin);
      const former = look();
      const params = wanting('same', 'same');
      const memory = await write(host, params);
      assert.equal((await host.stat(path))?.mode, 0o644);
      await fileWrite.undo(contextOf(host), params, memory);
      assert.deepEqual(look(), former);
    }));

  const drifts: readonly { readonly name: string; readonly found: string | null; readonly planned: string | null }[] = [
    { name: 'another content than planned', found: 'other', planned: 'old' },
    { name: 'something where nothing was planned', found: 'other', planned: null },
    { name: 'nothing where something was planned', found: null, planned: 'old' },
  ];
  for (const { name, found, planned } of drifts) {
    it(`refuses ${name}, before any effect`, () =>
      inWorld(async (host, _, look) => {
        if (found !== null) await host.write(path, found, admin);
        const before = look();
        await assert.rejects(fileWrite.remember(contextOf(host), wanting('new', planned)), {
          code: 'change-file-drifted',
          kind: 'refused',
        });
        assert.deepEqual(look(), before);
      }));
  }

  it('refuses what was changed between remembering and writing, and before going back', () =>
    inWorld(async (host) => {
      await host.write(path, 'old', admin);
      const params = wanting('new', 'old');
      const memory = await fileWrite.remember(contextOf(host), params);
      await host.write(path, 'by hand', admin);
      await assert.rejects(fileWrite.do(contextOf(host), params, memory), { code: 'change-file-drifted' });
      await assert.rejects(fileWrite.undo(contextOf(host), params, memory), { code: 'change-file-drifted' });
      const created = wanting('new', null, '/etc/y');
      const none = await write(host, created);
      await host.write('/etc/y', 'by hand', admin);
      await assert.rejects(fileWrite.undo(contextOf(host), created, none), { code: 'change-file-drifted' });
      assert.equal(new TextDecoder().decode(await host.read('/etc/y')), 'by hand');
    }));

  it('keeps in the journal no more than a mebibyte of what stood there', () =>
    inWorld(async (host) => {
      const large = 'x'.repeat(1024 * 1024 + 1);
      await host.write(path, large, admin);
      await assert.rejects(fileWrite.remember(contextOf(host), wanting('new', large)), {
        code: 'change-file-too-large',
      });
    }));

  it('leaves directories alone', () =>
    inWorld(async (host) => {
      await host.write(`${path}/inside`, 'x', admin);
      await assert.rejects(fileWrite.remember(contextOf(host), wanting('new', null)), {
        code: 'change-file-not-plain',
      });
    }));
});

describe('file.remove', () => {
  const removing = (content: string, adopted = false) => ({ path, expects: sha256Hex(content), adopted });

  it('removes a file of ours with the directories made for it, and brings all of it back', () =>
    inWorld(async (host, _, look) => {
      await write(host, wanting('ours', null), 'earlier');
      const former = look();
      const ownedBefore = await readOwned(host);
      const context = contextOf(host);
      const params = removing('ours');
      const memory = await fileRemove.remember(context, params);
      await fileRemove.do(context, params, memory);
      await fileRemove.do(context, params, memory);
      assert.equal(await fileRemove.check(context, params), true);
      assert.equal(await host.stat('/etc'), undefined);
      await fileRemove.undo(context, params, memory);
      await fileRemove.undo(context, params, memory);
      assert.deepEqual(look(), former);
      assert.deepEqual(await readOwned(host), ownedBefore);
    }));

  it('refuses a file that is not ours, unless this very content was adopted', () =>
    inWorld(async (host) => {
      await host.write(path, 'foreign', admin);
      const context = contextOf(host);
      await assert.rejects(fileRemove.remember(context, removing('foreign')), { code: 'change-file-not-owned' });
      await assert.rejects(fileRemove.remember(context, removing('else', true)), { code: 'change-file-drifted' });
      const memory = await fileRemove.remember(context, removing('foreign', true));
      await fileRemove.do(context, removing('foreign', true), memory);
      // The directories were there before Tearless: they stay.
      assert.equal((await host.stat('/etc/systemd/system/tor@a.service.d'))?.type, 'directory');
    }));

  it('refuses a file of ours that someone changed', () =>
    inWorld(async (host) => {
      await write(host, wanting('ours', null));
      await host.write(path, 'changed', root);
      await assert.rejects(fileRemove.remember(contextOf(host), removing('changed')), {
        code: 'change-file-not-owned',
      });
    }));
});
