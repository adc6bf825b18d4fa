// What a write that was ended half-way leaves beside its file, and that it is in nobody's way.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FileAttributes } from '../host.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { bootCommand, encodeHelperRequest, encodeProgram } from '../request.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { type RenderedHelper, renderHelper } from './render-helper.ts';

const directory = '/etc/systemd/system/tor@a.service.d';
const dropIn = `${directory}/50-x.conf`;

let place: OwnPlace;
let helper: RenderedHelper;
let host: RemoteHost;
let plain: FileAttributes;
before(async () => {
  place = await ownPlace();
  helper = renderHelper({ factsScript: ':', place });
  host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
  plain = { mode: 0o644, owner: place.owner, group: place.group };
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});

const at = (path: string): string => join(place.root, path);

test('a write that was killed leaves nothing that keeps its directory from being removed', async () => {
  await host.write(dropIn, '# former\n', plain);
  const args = [dropIn, '644', place.owner, place.group];
  const request = encodeHelperRequest({ version: helper.version, verb: 'write', args, input: '# new\n'.repeat(100) });
  // As a power cut ends it: without a chance to clean up.
  const child = spawn('sh', ['-c', bootCommand], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  const watcher = watch(at(directory));
  let change = once(watcher, 'change');
  // All but the last byte: it waits for that one with its temporary open.
  child.stdin.write(encodeProgram(helper.text));
  child.stdin.write(request.subarray(0, request.length - 1));
  for (; (await readdir(at(directory))).length < 2; change = once(watcher, 'change')) await change;
  watcher.close();
  assert.ok(child.pid !== undefined);
  process.kill(-child.pid, 'SIGKILL');
  await ended;
  assert.equal((await readdir(at(directory))).filter((name) => name.startsWith('.50-x.conf.tearless.')).length, 1);

  assert.deepEqual(
    (await host.list(directory)).map(({ path }) => path),
    [dropIn],
  );
  await host.remove(dropIn);
  assert.deepEqual(await host.list(directory), []);
  await host.removeEmptyDirectory(directory);
  assert.equal(await host.stat(directory), undefined);
});

test('what another writes at this moment, and what is not Tearless’s, stays', async () => {
  const dead = spawnSync('true').pid;
  const strange = [
    `.50-x.conf.tearless.${process.pid}`,
    `.50-x.conf.other.${dead}`,
    '.tearless.x',
    `x.tearless.${dead}`,
  ];
  for (const name of strange) {
    await mkdir(at(directory), { recursive: true });
    await writeFile(at(`${directory}/${name}`), '');
    await assert.rejects(host.removeEmptyDirectory(directory), { code: 'host-state-changed' }, name);
    await assert.rejects(host.removeEmptyDirectory(directory), { code: 'host-state-changed' }, name);
    assert.deepEqual(await readdir(at(directory)), [name]);
    await writeFile(at(`${directory}/${name}`), '');
    spawnSync('rm', ['-r', at(directory)]);
  }
  await mkdir(at(`${directory}/.50-x.conf.tearless.${dead}`), { recursive: true });
  await assert.rejects(host.removeEmptyDirectory(directory), { code: 'host-state-changed' });
  spawnSync('rm', ['-r', at(directory)]);
});

test('a temporary from before the host started goes, also where its process id is another’s now', async () => {
  await mkdir(at(directory), { recursive: true });
  const left = at(`${directory}/.50-x.conf.tearless.${process.pid}`);
  await writeFile(left, '');
  await utimes(left, 1, 1);
  await host.removeEmptyDirectory(directory);
  assert.equal(await host.stat(directory), undefined);
});
