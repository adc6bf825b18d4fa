// What can go wrong while a real tor is updated: it goes on with what it had, or its end is reported, and nothing stays mapped.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { firstGenerationOf, type PreparedUpdate, prepareUpdate } from 'tearless/live/apply/prepare-update.ts';
import { encodePlan, type InjectorPlan } from 'tearless/live/inject/encode-plan.ts';
import { parseReport } from 'tearless/live/inject/run-injector.ts';
import { findRoom } from 'tearless/live/process/memory-map.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const page = 4096;
/** `mov eax, 1; ret`: a hook that says that something is wrong. */
const failing = [0xb8, 1, 0, 0, 0, 0xc3];
/** `xor edi, edi; mov eax, 231; syscall`: one in which the process ends. */
const ending = [0x31, 0xff, 0xb8, 231, 0, 0, 0, 0x0f, 0x05];
const roomBytes = 2n ** 26n;

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

  const prepare = async (pid: number, away = 0n): Promise<PreparedUpdate> => {
    const program = await means.door.look(pid);
    const room = findRoom(program.mappings, program.path, roomBytes);
    assert.ok(room !== undefined);
    const generation = firstGenerationOf(former, program);
    return prepareUpdate({ former, next, program, generation, rules: undefined, at: room - away });
  };

  /** A hook behind all else of the update, in a page of its own. */
  const withHook = (plan: InjectorPlan, code: readonly number[]): InjectorPlan => {
    const ends = plan.operations.map((one) => (one.kind === 'map' ? one.address + BigInt(one.sizeBytes) : 0n));
    const end = ends.reduce((most, one) => (one > most ? one : most), 0n);
    const address = (end + BigInt(2 * page)) & ~BigInt(page - 1);
    return {
      ...plan,
      operations: [
        ...plan.operations,
        { kind: 'map', address, sizeBytes: page, protection: 'rx' },
        { kind: 'fill', address, bytes: Uint8Array.from(code) },
        { kind: 'hook', address },
      ],
    };
  };

  const isAsBefore = async (lone: LoneTor, maps: string): Promise<void> => {
    assert.doesNotMatch(await lone.control.getInfo('version'), /carried/);
    const addresses = (text: string) =>
      text
        .split('\n')
        .filter((line) => !line.includes('[heap]'))
        .map((line) => line.split(' ')[0]);
    const [was, is] = [new Set(addresses(maps)), addresses(lone.maps)];
    // The allocator may have mapped memory of its own; near the program, where updates lie, there is nothing new.
    const program =
      maps
        .split('\n')
        .find((line) => line.endsWith(tor))
        ?.split('-')[0] ?? '';
    assert.deepEqual(
      is.filter((one) => !was.has(one) && one !== undefined && one < program && one !== ''),
      [],
    );
  };

  const worksAfterwards = async (lone: LoneTor): Promise<void> => {
    await means.door.inject('apply', (await prepare(lone.pid)).plan, patience);
    assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(1)}$`));
  };

  test('a hook that fails: all is undone, and the right update works afterwards', async () => {
    await using lone = await LoneTor.start(tor);
    const maps = lone.maps;
    const { plan } = await prepare(lone.pid);
    await assert.rejects(means.door.inject('apply', withHook(plan, failing), patience), { code: 'live-inject-undone' });
    await isAsBefore(lone, maps);
    await worksAfterwards(lone);
  });

  test('a build-id of another program: nothing is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const maps = lone.maps;
    const { plan } = await prepare(lone.pid);
    const other = { ...plan, buildId: next.manifest.buildId };
    await assert.rejects(means.door.inject('apply', other, patience), { code: 'live-inject-refused' });
    await isAsBefore(lone, maps);
    await worksAfterwards(lone);
  });

  test('a plan that is cut short: nothing is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const maps = lone.maps;
    const bytes = encodePlan((await prepare(lone.pid)).plan);
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
    await isAsBefore(lone, maps);
    await worksAfterwards(lone);
  });

  test('a process that has ended is told apart', async () => {
    await using lone = await LoneTor.start(tor);
    const { plan } = await prepare(lone.pid);
    await lone.kill();
    await assert.rejects(means.door.inject('apply', plan, patience), { code: 'live-inject-gone' });
  });

  test('a process that ends while it is updated is reported', async () => {
    await using lone = await LoneTor.start(tor);
    const { plan } = await prepare(lone.pid);
    await assert.rejects(means.door.inject('apply', withHook(plan, ending), patience), { code: 'live-inject-gone' });
    await lone.ended;
  });

  test('no memory near the program: refused before anything is touched', async () => {
    await using lone = await LoneTor.start(tor);
    const maps = lone.maps;
    await assert.rejects(prepare(lone.pid, 2n ** 33n), { code: 'live-link-too-far' });
    const { plan } = await prepare(lone.pid);
    const program = await means.door.look(lone.pid);
    const [taken] = program.mappings;
    assert.ok(taken !== undefined);
    const onTaken: InjectorPlan = {
      ...plan,
      operations: [...plan.operations, { kind: 'map', address: taken.from, sizeBytes: page, protection: 'r' }],
    };
    await assert.rejects(means.door.inject('apply', onTaken, patience), { code: /^live-inject-(?:refused|undone)$/ });
    await isAsBefore(lone, maps);
    await worksAfterwards(lone);
  });
});
