// What a process says of itself, after updates that were made, made by halves, and taken back.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { RunningProgram } from '../apply/running-program.ts';
import type { LinkedUpdate } from '../link/link.ts';
import { Builds, change, type OwnBuild, OwnProgram } from '../link/testing/own-program.ts';
import { requireBuild } from './require-build.ts';

const source = `__attribute__((noinline)) long first(long n) { return n + 1; }
__attribute__((noinline)) long second(long n) { return n * 2; }
long work(long n) { return first(n) * 100 + second(n); }
`;

describe('a process that was updated', () => {
  const builds = new Builds();
  let old: OwnBuild;
  let next: OwnBuild;
  let program: OwnProgram;
  let update: LinkedUpdate;
  before(() => {
    old = builds.build(source);
    next = builds.build(change(source, ['n + 1', 'n + 3'], ['n * 2', 'n * 4']));
  });
  beforeEach(async () => {
    program = await OwnProgram.start(old);
    update = program.link(old, next);
  });
  afterEach(() => program[Symbol.asyncDispose]());
  after(() => builds[Symbol.dispose]());

  const idOf = ({ side }: OwnBuild): string => {
    assert.ok(side.image.buildId !== undefined);
    return side.image.buildId;
  };
  const look = (): RunningProgram => ({
    target: { pid: program.pid, startTicks: 1n, buildId: idOf(old) },
    path: `${old.folder}/program`,
    mappings: program.mappings,
    readCode: (address, length) => program.read(address, length),
  });
  const requires = (buildId: string, generation = program.generation, updates = [update]): void =>
    requireBuild(look(), { first: old, generation, written: updates.flatMap(({ redirects }) => redirects), buildId });

  it('says the build-id of what it became, and no other', async () => {
    await program.apply(update);
    requires(idOf(next));
    assert.throws(() => requires(idOf(old)), { code: 'live-streak-other-code' });
  });

  it('is not that build where a function of it is entered as before', async () => {
    const [kept, ...rest] = update.redirects;
    assert.ok(kept !== undefined && rest.length > 0);
    await program.apply({ ...update, redirects: rest });
    assert.throws(() => requires(idOf(next)), {
      code: 'live-other-code',
      message: new RegExp(` begins ${kept.key} otherwise `),
    });
  });

  it('says what it was started from, before and after', async () => {
    const begun = program.generation;
    requires(idOf(old), begun, []);
    await program.apply(update);
    assert.throws(() => requires(idOf(old), begun, []), { code: 'live-other-code' });
    await program.rollBack(update);
    requires(idOf(old), begun, []);
    assert.throws(() => requires(idOf(next), begun, []), { code: 'live-streak-other-code' });
  });

  it('says what the latest of several made of it', async () => {
    await program.apply(update);
    const third = builds.build(change(source, ['n + 1', 'n + 5'], ['n * 2', 'n * 4']));
    const later = program.link(next, third);
    await program.apply(later);
    requires(idOf(third), program.generation, [update, later]);
    assert.throws(() => requires(idOf(third)), { code: 'live-other-code' });
  });
});
