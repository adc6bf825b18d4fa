// Updates that must not succeed, made of one that would, and what must hold afterwards.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import type { LiveDoor } from 'tearless/live/apply/live-door.ts';
import { firstGenerationOf, type PreparedUpdate, prepareUpdate } from 'tearless/live/apply/prepare-update.ts';
import type { InjectorPlan } from 'tearless/live/inject/encode-plan.ts';
import { baseOf, findRoom, parseMaps } from 'tearless/live/process/memory-map.ts';
import { patience } from './means.ts';

const page = 4096;
/** `mov eax, 1; ret`: a hook that says that something is wrong. */
export const failing = [0xb8, 1, 0, 0, 0, 0xc3];
/** `xor edi, edi; mov eax, 231; syscall`: one in which the process ends. */
export const ending = [0x31, 0xff, 0xb8, 231, 0, 0, 0, 0x0f, 0x05];
const roomBytes = 2n ** 26n;

export interface Step {
  readonly door: LiveDoor;
  readonly former: LiveBuild;
  readonly next: LiveBuild;
}

/** @param away from the room that was found near the program */
export const prepare = async ({ door, former, next }: Step, pid: number, away = 0n): Promise<PreparedUpdate> => {
  const program = await door.look(pid);
  const room = findRoom(program.mappings, program.path, roomBytes);
  assert.ok(room !== undefined);
  const generation = firstGenerationOf(former, program);
  return prepareUpdate({ former, next, program, generation, rules: undefined, at: room - away });
};

/** A hook behind all else of the update, in a page of its own. */
export const withHook = (plan: InjectorPlan, code: readonly number[]): InjectorPlan => {
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
export const onTaken = async ({ door }: Step, plan: InjectorPlan): Promise<InjectorPlan> => {
  const [taken] = (await door.look(plan.pid)).mappings;
  assert.ok(taken !== undefined);
  const more = { kind: 'map', address: taken.from, sizeBytes: page, protection: 'r' } as const;
  return { ...plan, operations: [...plan.operations, more] };
};

/** What is mapped below a program, where updates lie. */
export const mapsBelow = (pid: number, program: string): string[] => {
  const mappings = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
  const base = baseOf(mappings, program);
  assert.ok(base !== undefined);
  return mappings.filter(({ from }) => from < base).map(({ from, to }) => `${from.toString(16)}-${to.toString(16)}`);
};

/** A hook that fails, another program's build-id, memory that is taken: each leaves the process as it was. */
export const survivesFaults = async (step: Step, pid: number, program: string): Promise<void> => {
  const inject = (bad: InjectorPlan) => step.door.inject('apply', bad, patience);
  await assert.rejects(inject(withHook((await prepare(step, pid)).plan, failing)), { code: 'live-inject-undone' });
  const before = mapsBelow(pid, program);
  const { plan } = await prepare(step, pid);
  await assert.rejects(inject({ ...plan, buildId: step.next.manifest.buildId }), { code: 'live-inject-refused' });
  await assert.rejects(inject(await onTaken(step, plan)), { code: /^live-inject-(?:refused|undone)$/ });
  assert.deepEqual(mapsBelow(pid, program), before);
};
