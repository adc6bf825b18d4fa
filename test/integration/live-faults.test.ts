// What can go wrong while a real tor is updated: it goes on with what it had, or its end is reported, and nothing stays mapped.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { endsMidWay, faults, mapsBelow, prepare, type Step } from './live/bad-updates.ts';
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

  const step = (): Step => ({ means, former, next });

  const runsFormer = async (lone: LoneTor): Promise<void> =>
    assert.doesNotMatch(await lone.control.getInfo('version'), /carried/);

  const worksAfterwards = async (lone: LoneTor): Promise<void> => {
    await means.door.inject('apply', (await prepare(step(), lone.pid)).plan, patience);
    assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(1)}$`));
  };

  for (const { name, outcome, meet } of faults)
    test(`${name}: ${outcome}, and the right update works afterwards`, async () => {
      await using lone = await LoneTor.start(tor);
      const before = mapsBelow(lone.pid, tor);
      await meet(step(), (await prepare(step(), lone.pid)).plan);
      await runsFormer(lone);
      if (outcome === 'nothing is touched') assert.deepEqual(mapsBelow(lone.pid, tor), before);
      await worksAfterwards(lone);
    });

  test('a process that ends while it is updated is reported, and so is one that has ended', async () => {
    await using lone = await LoneTor.start(tor);
    await endsMidWay(step(), (await prepare(step(), lone.pid)).plan);
    await lone.ended;
  });

  test('an update that would lie too far from the program is refused before anything is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const before = mapsBelow(lone.pid, tor);
    await assert.rejects(prepare(step(), lone.pid, 2n ** 33n), { code: 'live-link-too-far' });
    assert.deepEqual(mapsBelow(lone.pid, tor), before);
    await worksAfterwards(lone);
  });

  test('code that somebody else has brought is not mixed with', async () => {
    await using lone = await LoneTor.start(tor);
    const begin = () => Streak.begin({ door: means.door, pid: lone.pid, build: former, ...patience });
    const streak = await begin();
    await streak.forward(next, undefined);
    await assert.rejects(begin(), { code: 'live-other-code' });
    await streak.back();
    await begin();
  });
});
