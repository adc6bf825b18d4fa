// What an update reads of a process that goes on meanwhile, through the helper of a host.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { CallOptions } from '../../host/host.ts';
import { RemoteHost } from '../../host/remote-host.ts';
import { findUnwinder } from '../debugger/unwinder.ts';
import { Builds, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { type ProcessHost, startProcessHost } from '../testing/process-host.ts';
import type { LiveBuild } from './live-build.ts';
import { readProgram, readRunning } from './read-running.ts';

/** The C library loads the unwinder when it is first asked for who called whom. */
const source = `#include <execinfo.h>
long work(long n) { void *frames[8]; return n + backtrace(frames, 8) * 0; }
`;

/** Does something before each look. */
class WatchedHost extends RemoteHost {
  readonly looks: (() => Promise<unknown>)[] = [];

  override async call(verb: string, options?: CallOptions) {
    if (verb === 'live-look') await this.looks.shift()?.();
    return super.call(verb, options);
  }
}

const builds = new Builds();
let held: ProcessHost<WatchedHost>;
let program: OwnProgram;
let build: OwnBuild;

before(async () => {
  build = builds.build(source);
  program = await OwnProgram.start(build);
  held = await startProcessHost(program.pid, WatchedHost);
});
after(async () => {
  await held?.[Symbol.asyncDispose]();
  await program?.[Symbol.asyncDispose]();
  builds[Symbol.dispose]();
});

it('a library that is loaded between two looks is looked at once more', async () => {
  const context = { host: held.host, signal: new AbortController().signal };
  const running = await readRunning(context, 'a');
  const isLoaded = (): boolean => program.mappings.some(({ path }) => path.includes('/libgcc_s'));
  assert.equal(isLoaded(), false);
  let looks = 0;
  const look = async () => (looks += 1);
  // The first reads what the loader filled in, by what lay where when the process was found.
  held.host.looks.push(look, () => program.run(1).then(look), look, look);
  const { files, side } = build;
  const live = { files, side, manifest: {} } as LiveBuild;
  const { program: read } = await readProgram(context, 'a', running, live, live);
  assert.equal(isLoaded(), true);
  assert.equal(looks, 3);
  assert.equal(findUnwinder(read) !== undefined, true);
});
