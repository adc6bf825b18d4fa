// What can go wrong while a real tor is updated: it goes on with what it had, or its end is reported, and nothing stays mapped.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { encodePlan } from 'tearless/live/inject/encode-plan.ts';
import { parseReport } from 'tearless/live/inject/run-injector.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { ending, failing, mapsBelow, onTaken, prepare, type Step, withHook } from './live/bad-updates.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

suite('updates of a real tor that go wrong', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  let former: LiveBuild;
  let next: LiveBuild;
  let tor: string;
  let means: Means;

  before(async () => {
    const directories = await ensureBuilds(successorEdits.slice(0, 1));
    tor = `${directories[0]}/tor`;
    const builds = directories.map(loadBuild);
    assert.ok(builds[0] !== undefined && builds[1] !== undefined);
    [former, next] = builds as [LiveBuild, LiveBuild];
    means = compileMeans();
  });
  after(() => means?.[Symbol.dispose]());

  const step = (): Step => ({ door: means.door, former, next });

  const runsFormer = async (lone: LoneTor): Promise<void> =>
    assert.doesNotMatch(await lone.control.getInfo('version'), /carried/);

  const isAsBefore = async (lone: LoneTor, before: readonly string[]): Promise<void> => {
    await runsFormer(lone);
    assert.deepEqual(mapsBelow(lone.pid, tor), before);
  };

  const worksAfterwards = async (lone: LoneTor): Promise<void> => {
    await means.door.inject('apply', (await prepare(step(), lone.pid)).plan, patience);
    assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(1)}$`));
  };

  // Memory whose code has run stays: tor keeps the text that its descriptor was marked with, and the unwinder the frames.
  test('a hook that fails: all is undone but the memory, and the right update works afterwards', async () => {
    await using lone = await LoneTor.start(tor);
    const { plan } = await prepare(step(), lone.pid);
    await assert.rejects(means.door.inject('apply', withHook(plan, failing), patience), { code: 'live-inject-undone' });
    await runsFormer(lone);
    await worksAfterwards(lone);
  });

  test('a build-id of another program: nothing is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const before = mapsBelow(lone.pid, tor);
    const { plan } = await prepare(step(), lone.pid);
    const other = { ...plan, buildId: next.manifest.buildId };
    await assert.rejects(means.door.inject('apply', other, patience), { code: 'live-inject-refused' });
    await isAsBefore(lone, before);
    await worksAfterwards(lone);
  });

  test('a plan that is cut short: nothing is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const before = mapsBelow(lone.pid, tor);
    const bytes = encodePlan((await prepare(step(), lone.pid)).plan);
    const folder = mkdtempSync(join(tmpdir(), 'tearless-cut-'));
    try {
      chmodSync(folder, 0o700);
      for (const length of [0, 79, bytes.length >> 1, bytes.length - 1]) {
        writeFileSync(join(folder, 'plan'), bytes.subarray(0, length), { mode: 0o600 });
        const { status, stdout, stderr } = spawnSync(means.injector, ['apply', folder]);
        const said = parseReport('here', { exitCode: status ?? -1, stdout, stderr: stderr.toString() });
        assert.equal(said.result, 'refused', `${length} bytes: ${said.detail}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    await isAsBefore(lone, before);
    await worksAfterwards(lone);
  });

  test('a process that has ended is told apart', async () => {
    await using lone = await LoneTor.start(tor);
    const { plan } = await prepare(step(), lone.pid);
    await lone.kill();
    await assert.rejects(means.door.inject('apply', plan, patience), { code: 'live-inject-gone' });
  });

  test('a process that ends while it is updated is reported', async () => {
    await using lone = await LoneTor.start(tor);
    const { plan } = await prepare(step(), lone.pid);
    await assert.rejects(means.door.inject('apply', withHook(plan, ending), patience), { code: 'live-inject-gone' });
    await lone.ended;
  });

  test('no memory near the program: refused before anything is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const before = mapsBelow(lone.pid, tor);
    await assert.rejects(prepare(step(), lone.pid, 2n ** 33n), { code: 'live-link-too-far' });
    const { plan } = await prepare(step(), lone.pid);
    await assert.rejects(means.door.inject('apply', await onTaken(step(), plan), patience), {
      code: /^live-inject-(?:refused|undone)$/,
    });
    await isAsBefore(lone, before);
    await worksAfterwards(lone);
  });
});
