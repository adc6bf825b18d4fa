// What the helper of a host shows of a process's libraries, and what is made of it before anything is touched.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RemoteHost } from '../../host/remote-host.ts';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { lookAt } from '../process/look.ts';
import { type ProcessHost, startProcessHost } from '../testing/process-host.ts';
import { findMissingImport } from './find-missing-import.ts';
import type { LiveBuild } from './live-build.ts';

const source = `#define _GNU_SOURCE
#include <stdlib.h>
long counter = 1;
long work(long n) { return n + counter++; }
`;

describe('what new code asks of libraries', () => {
  const builds = new Builds();
  let held: ProcessHost<RemoteHost>;
  let program: OwnProgram;
  let old: OwnBuild;

  before(async () => {
    old = builds.build(source);
    program = await OwnProgram.start(old);
    held = await startProcessHost(program.pid, RemoteHost);
  });
  after(async () => {
    await held?.[Symbol.asyncDispose]();
    await program?.[Symbol.asyncDispose]();
    builds[Symbol.dispose]();
  });

  const missing = async (next: OwnBuild): Promise<string | undefined> => {
    const [former, latest] = [old, next].map(({ files, side }) => ({ files, side }) as LiveBuild);
    assert.ok(former !== undefined && latest !== undefined);
    return findMissingImport(
      { host: held.host, signal: new AbortController().signal },
      'a',
      { look: await lookAt({ host: held.host }, 'a') },
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
    const look = await lookAt({ host: held.host }, 'a');
    const writable = look.mappings.find(
      ({ path, permissions }) => /libc\.so/.test(path) && permissions.startsWith('rw'),
    );
    assert.ok(writable !== undefined);
    await assert.rejects(
      lookAt({ host: held.host }, 'a', [{ address: writable.from, lengthBytes: 8 }]),
      /none that is shown/,
    );
  });
});
