import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { manifestName } from '../../../live/build/manifest.ts';
import { confinementRule, confinementScript } from '../../../live/process/confinement.ts';
import { compile } from '../../../live/testing/compile.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { readNamedBuild } from './find-builds.ts';
import type { RunningRelay } from './look-at-running.ts';
import { refuseSilentBuild, refuseUnstartable } from './refuse-unstartable.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a relay that is to be started from a build', () => {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  const build = (source: string) => {
    const directory = mkdtempSync(join(tmpdir(), 'tearless-startable-'));
    folders.push(directory);
    const { tor, object } = compile({ 'program.c': source });
    const manifest = {
      schema: 'tearless.live-build/v1',
      version: '1.0',
      buildId: findBuildId(tor),
      compiler: 'cc',
      configure: [],
      reserveLongs: 0,
      sha256: { tor: sha256(tor), object: sha256(object) },
      builtAt: '2026-01-01T00:00:00Z',
    };
    for (const [name, content] of Object.entries({ tor, 'tor.o': object, [manifestName]: JSON.stringify(manifest) }))
      writeFileSync(join(directory, name), content);
    return readNamedBuild(directory);
  };
  const telling = build('int sd_notify(int, const char *);\nint work(void) { return sd_notify(0, "READY=1"); }\n');
  const silent = build('int work(void) { return 1; }\n');
  const relay = { relay: { id: 'h1/a', host: 'h1', instance: 'a' }, running: { look: { pid: 42 } } };

  /** On a host that says this of its unit and its profile. */
  const start = (to: typeof telling, type: string, profile: string, refuse = refuseUnstartable): Promise<void> => {
    const run = async (script: string) => ({ stdout: Buffer.from(script === confinementScript ? profile : type) });
    const fleet = { hosts: { get: () => ({ run }) } } as unknown as ReadFleet;
    const context = { signal: new AbortController().signal } as CommandContext;
    return refuse(fleet, to, [relay as unknown as RunningRelay], context);
  };

  it('is refused where systemd would wait for a word that never comes', async () => {
    await assert.rejects(start(silent, 'notify\n', ''), { code: 'live-build-unfit', subject: 'h1/a' });
    await start(silent, 'simple\n', '');
    await start(telling, 'notify\n', '');
  });

  it('is refused likewise where it becomes the build while it runs, whatever its profile', async () => {
    await assert.rejects(start(silent, 'notify\n', 'system_tor\n', refuseSilentBuild), { code: 'live-build-unfit' });
    await start(telling, 'notify\n', 'system_tor\n', refuseSilentBuild);
  });

  it('is refused where AppArmor knows its package alone, whatever the build says to systemd', async () => {
    for (const to of [telling, silent])
      await assert.rejects(start(to, 'simple\n', 'system_tor\n'), { code: 'live-confined', subject: 'h1/a' });
    await start(telling, 'notify\n', `system_tor\n${confinementRule}\n`);
  });
});
