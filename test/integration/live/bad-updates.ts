// Updates that must not succeed, each made of one that would, and what must hold afterwards.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import type { LiveDoor } from 'tearless/live/apply/live-door.ts';
import { firstGenerationOf, type PreparedUpdate, prepareUpdate } from 'tearless/live/apply/prepare-update.ts';
import { encodePlan, type InjectorOperation, type InjectorPlan } from 'tearless/live/inject/encode-plan.ts';
import { parseReport } from 'tearless/live/inject/run-injector.ts';
import { baseOf, findRoom, parseMaps } from 'tearless/live/process/memory-map.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { tryAgain } from 'tearless/live/streak/try-again.ts';
import { type Means, patience } from './means.ts';

const page = 4096;
/** `mov eax, 1; ret`: a hook that says that something is wrong. */
const failing = [0xb8, 1, 0, 0, 0, 0xc3];
/** `xor edi, edi; mov eax, 231; syscall`: one in which the process ends. */
const ending = [0x31, 0xff, 0xb8, 231, 0, 0, 0, 0x0f, 0x05];
const roomBytes = 2n ** 26n;
/** As far below a program as updates may lie. */
const reach = 2n ** 30n;
/** Of `roomBytes` each: a plan maps no more. */
const piecesAtOnce = 4;
/** A machine that does much else may not come to it at once. */
const attempts = 20;

export interface Step {
  readonly means: Means;
  readonly former: LiveBuild;
  readonly next: LiveBuild;
}

/** @param away from the room that was found near the program */
export const prepare = async ({ means, former, next }: Step, pid: number, away = 0n): Promise<PreparedUpdate> => {
  const program = await means.door.look(pid);
  const room = findRoom(program.mappings, program.path, roomBytes);
  assert.ok(room !== undefined);
  const generation = firstGenerationOf(former, program);
  return prepareUpdate({ earlier: [], former, next, program, generation, rules: undefined, at: room - away });
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

/** One page more, where something lies already. */
const onTaken = async (door: LiveDoor, plan: InjectorPlan): Promise<InjectorPlan> => {
  const [taken] = (await door.look(plan.pid)).mappings;
  assert.ok(taken !== undefined);
  const more = { kind: 'map', address: taken.from, sizeBytes: page, protection: 'r' } as const;
  return { ...plan, operations: [...plan.operations, more] };
};

/** Maps all addresses that updates may lie at and that nothing is at yet. @returns gives them back */
const crowd = async (door: LiveDoor, pid: number): Promise<() => Promise<void>> => {
  const { mappings, path, target } = await door.look(pid);
  const base = baseOf(mappings, path);
  assert.ok(base !== undefined);
  const lowest = base - reach;
  const below = mappings
    .filter(({ from, to }) => from < base && to > lowest)
    .sort((a, b) => (a.from < b.from ? 1 : -1));
  const pieces: (InjectorOperation & { readonly kind: 'map' })[] = [];
  let end = base;
  for (const { from, to } of [...below, { from: lowest, to: lowest }]) {
    while (end > to) {
      const address = end - roomBytes > to ? end - roomBytes : to;
      pieces.push({ kind: 'map', address, sizeBytes: Number(end - address), protection: 'r' });
      end = address;
    }
    end = from;
  }
  const work = (kind: 'apply' | 'rollback', operations: readonly InjectorOperation[]) =>
    tryAgain(attempts, () => door.inject(kind, { ...target, kind, operations }, patience));
  const turns = Array.from({ length: Math.ceil(pieces.length / piecesAtOnce) }, (_, turn) =>
    pieces.slice(turn * piecesAtOnce, (turn + 1) * piecesAtOnce),
  );
  for (const turn of turns) await work('apply', turn);
  return async () => {
    for (const turn of turns)
      await work(
        'rollback',
        turn.map(({ address, sizeBytes }) => ({ kind: 'unmap', address, sizeBytes })),
      );
  };
};

const refusesCut = (injector: string, plan: InjectorPlan): void => {
  const bytes = encodePlan(plan);
  const folder = mkdtempSync(join(tmpdir(), 'tearless-cut-'));
  try {
    chmodSync(folder, 0o700);
    for (const length of [0, 79, bytes.length >> 1, bytes.length - 1]) {
      writeFileSync(join(folder, 'plan'), bytes.subarray(0, length), { mode: 0o600 });
      const { status, stdout, stderr } = spawnSync(injector, ['apply', folder]);
      const said = parseReport('here', { exitCode: status ?? -1, stdout, stderr: stderr.toString() });
      assert.equal(said.result, 'refused', `${length} bytes: ${said.detail}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** What is mapped below a program, where updates lie. */
export const mapsBelow = (pid: number, program: string): string[] => {
  const mappings = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
  const base = baseOf(mappings, program);
  assert.ok(base !== undefined);
  return mappings.filter(({ from }) => from < base).map(({ from, to }) => `${from.toString(16)}-${to.toString(16)}`);
};

export interface Fault {
  readonly name: string;
  /** What it must come to: nothing is touched, or all is undone and only the memory whose code has run stays. */
  readonly outcome: 'nothing is touched' | 'all is undone';
  /** Fails as it must, or throws. */
  meet(step: Step, plan: InjectorPlan): Promise<void>;
}

const rejects = (door: LiveDoor, plan: InjectorPlan, code: string | RegExp): Promise<void> =>
  assert.rejects(
    tryAgain(attempts, () => door.inject('apply', plan, patience)),
    { code },
  );

/** In the order in which one plan can meet them all. */
export const faults: readonly Fault[] = [
  {
    name: 'a build-id of another program',
    outcome: 'nothing is touched',
    meet: ({ means, next }, plan) =>
      rejects(means.door, { ...plan, buildId: next.manifest.buildId }, 'live-inject-refused'),
  },
  {
    name: 'a plan that is cut short',
    outcome: 'nothing is touched',
    meet: async ({ means }, plan) => refusesCut(means.injector, plan),
  },
  {
    name: 'no address left near the program',
    outcome: 'nothing is touched',
    meet: async ({ means: { door }, former }, { pid }) => {
      const giveBack = await crowd(door, pid);
      await assert.rejects(Streak.begin({ door, pid, build: former, ...patience }), { code: 'live-streak-no-room' });
      await giveBack();
    },
  },
  {
    name: 'an address that is taken in the meantime',
    outcome: 'nothing is touched',
    meet: async ({ means }, plan) =>
      rejects(means.door, await onTaken(means.door, plan), /^live-inject-(?:refused|undone)$/),
  },
  {
    name: 'a hook that fails',
    outcome: 'all is undone',
    meet: ({ means }, plan) => rejects(means.door, withHook(plan, failing), 'live-inject-undone'),
  },
];

/** All of them, one after the other, at the moment that the process stands in; the program is where it was started from. */
export const survivesFaults = async (step: Step, plan: InjectorPlan, program: string): Promise<void> => {
  const before = mapsBelow(plan.pid, program);
  for (const { name, outcome, meet } of faults) {
    await meet(step, plan);
    if (outcome === 'nothing is touched') assert.deepEqual(mapsBelow(plan.pid, program), before, name);
  }
};

/** One that ends in the middle of an update is reported, and so is one that has ended. */
export const endsMidWay = async ({ means: { door } }: Step, plan: InjectorPlan): Promise<void> => {
  await rejects(door, withHook(plan, ending), 'live-inject-gone');
  await rejects(door, plan, 'live-inject-gone');
};
