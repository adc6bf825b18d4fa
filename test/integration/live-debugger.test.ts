// gdb on a real tor that was updated through the injector, twice: who calls whom is told by name through frames of new code, breakpoints
// in new code are hit, and while gdb holds the process no update is made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { parseMaps } from 'tearless/live/process/memory-map.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { Gdb, listFrames } from 'tearless/live/testing/gdb.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { mapsBelow } from './live/bad-updates.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

/** Every successor changes it: it answers `GETINFO version`, and calls `tor_asprintf` for that. */
const patched = 'getinfo_helper_misc';
const called = 'tor_asprintf';

suite('gdb on a tor that was updated', { skip: noInjection() ?? false, timeout: 30 * 60_000 }, () => {
  let means: Means;
  let lone: LoneTor;
  let streak: Streak;
  let tor: string;
  let second: LiveBuild;

  const ask = (): Promise<string> => lone.control.getInfo('version');
  const runs = async (turn: number): Promise<void> => assert.match(await ask(), new RegExp(` ${suffixOf(turn)}$`));

  before(async () => {
    const directories = await ensureBuilds(successorEdits.slice(0, 2));
    const [first, next, last] = directories.map(loadBuild);
    assert.ok(first !== undefined && next !== undefined && last !== undefined);
    tor = `${directories[0]}/tor`;
    second = last;
    means = compileMeans();
    lone = await LoneTor.start(tor);
    streak = await Streak.begin({ door: means.door, pid: lone.pid, build: first, ...patience });
    for (const build of [next, last]) await streak.forward(build, undefined);
    await runs(2);
  });
  after(async () => {
    await lone?.[Symbol.asyncDispose]();
    means?.[Symbol.dispose]();
  });

  /** What lies there in the process. */
  const mappingOf = (address: bigint) =>
    parseMaps(readFileSync(`/proc/${lone.pid}/maps`, 'utf8')).find(({ from, to }) => address >= from && address < to);

  test('it stops at a breakpoint in new code, and names all frames around it', async () => {
    await using gdb = new Gdb(lone.pid, [
      `break ${patched}`,
      'echo ready\\n',
      // Where the function was, and where the jump leads from there.
      'continue',
      'continue',
      'printf "stopped at %lx\\n", $pc',
      'delete',
      `break ${called}`,
      'continue',
      'backtrace',
      'delete',
      'detach',
    ]);
    await gdb.said(/^ready/);
    const asked = ask();
    const said = await gdb.ended();
    assert.match(await asked, new RegExp(` ${suffixOf(2)}$`));
    const stopped = /^stopped at ([0-9a-f]+)$/m.exec(said)?.[1];
    assert.ok(stopped !== undefined, said);
    const mapping = mappingOf(BigInt(`0x${stopped}`));
    assert.deepEqual([mapping?.permissions, mapping?.path], ['r-xp', ''], said);
    const frames = listFrames(said.slice(said.lastIndexOf('#0 ')));
    assert.deepEqual(frames.slice(0, 2), [called, patched], said);
    assert.ok(frames.includes('handle_control_getinfo'), said);
    assert.equal(frames.at(-1), 'main', said);
    // libevent comes without names.
    assert.doesNotMatch(said, /\?\? \(\)(?! from .*libevent)/);
  });

  test('while it holds the process, an update and its way back are refused, and say who does', async () => {
    await streak.back();
    await runs(1);
    const below = mapsBelow(lone.pid, tor);
    await using gdb = new Gdb(lone.pid, [`break ${patched}`, 'echo ready\\n', 'continue', 'delete', 'detach']);
    await gdb.said(/^ready/);
    const why = new RegExp(`process ${lone.pid} is being traced by process ${gdb.pid} \\(already-traced\\)`);
    await assert.rejects(streak.forward(second, undefined), { code: 'live-inject-denied', message: why });
    await assert.rejects(streak.back(), { code: 'live-inject-denied', message: why });
    assert.deepEqual(mapsBelow(lone.pid, tor), below);
    const asked = ask();
    await gdb.ended();
    assert.match(await asked, new RegExp(` ${suffixOf(1)}$`));
    await streak.forward(second, undefined);
    await runs(2);
  });
});
