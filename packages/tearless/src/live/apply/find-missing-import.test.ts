// What the helper of a host shows of a process's libraries, and what is made of it before anything is touched.
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { renderHelper } from '../../host/helper/render-helper.ts';
import { LocalTransport } from '../../host/local/local-transport.ts';
import { RemoteHost } from '../../host/remote-host.ts';
import { type OwnPlace, ownPlace } from '../../host/testing/own-place.ts';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { lookAt } from '../process/look.ts';
import { findMissingImport } from './find-missing-import.ts';
import type { LiveBuild } from './live-build.ts';

const source = `#define _GNU_SOURCE
#include <stdlib.h>
long counter = 1;
long work(long n) { return n + counter++; }
`;

describe('what new code asks of libraries', () => {
  const builds = new Builds();
  let place: OwnPlace;
  let host: RemoteHost;
  let program: OwnProgram;
  let old: OwnBuild;

  before(async () => {
    place = await ownPlace();
    host = new RemoteHost({
      transport: new LocalTransport('here'),
      helper: renderHelper({ factsScript: 'true', place }),
      carryHelper: true,
    });
    old = builds.build(source);
    program = await OwnProgram.start(old);
    await mkdir(join(place.root, 'usr/bin'), { recursive: true });
    await writeFile(join(place.root, 'usr/bin/systemctl'), `#!/bin/sh\necho ${program.pid}\n`);
    await chmod(join(place.root, 'usr/bin/systemctl'), 0o755);
  });
  after(async () => {
    await program?.[Symbol.asyncDispose]();
    await host?.close();
    await place?.[Symbol.asyncDispose]();
    builds[Symbol.dispose]();
  });

  const missing = async (next: OwnBuild): Promise<string | undefined> => {
    const [former, latest] = [old, next].map(({ files, side }) => ({ files, side }) as LiveBuild);
    assert.ok(former !== undefined && latest !== undefined);
    return findMissingImport(
      { host, signal: new AbortController().signal },
      'a',
      { look: await lookAt({ host }, 'a') },
      former,
      latest,
    );
  };

  it('is found in what the host shows of the process', async () => {
    const next = builds.build(change(source, ['n + counter++', 'n + counter++ + a64l("b")']));
    assert.deepEqual(next.side.image.imports.has('a64l'), true);
    assert.equal(await missing(next), undefined);
    assert.equal(await missing(old), undefined);
  });

  it('is told by name where the process has not loaded it', async () => {
    const next = builds.build(
      change(
        source,
        ['n + counter++', 'n + counter++ + (long)erf((double)n)'],
        ['long counter', 'extern double erf(double);\nlong counter'],
      ),
      ['-Wl,--no-as-needed', '-lm'],
    );
    assert.match((await missing(next)) ?? '', /erf: no library that the process has loaded brings it as GLIBC/);
  });

  it('shows nothing that the process can write', async () => {
    const look = await lookAt({ host }, 'a');
    const writable = look.mappings.find(
      ({ path, permissions }) => /libc\.so/.test(path) && permissions.startsWith('rw'),
    );
    assert.ok(writable !== undefined);
    await assert.rejects(lookAt({ host }, 'a', [{ address: writable.from, lengthBytes: 8 }]), /none that is shown/);
  });
});
