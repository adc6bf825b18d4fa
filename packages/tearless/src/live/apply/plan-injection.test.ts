// The whole way of an update into a program that runs: compiled, compared, linked, injected, and taken back.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { listSameConstants } from '../diff/same-constants.ts';
import { encodePlan, type InjectorPlan, reversePlan } from '../inject/encode-plan.ts';
import { parseReport } from '../inject/run-injector.ts';
import { compilePrograms, inject, type Programs, Target } from '../inject/testing/injected-program.ts';
import { firstGeneration, type Generation } from '../link/generation.ts';
import { linkUpdate } from '../link/link.ts';
import { baseOf, findRoom, parseMaps } from '../process/memory-map.ts';
import { readImports } from '../process/read-imports.ts';
import { compileIn } from '../testing/compile.ts';
import { type BuildFiles, compareBuilds, readBuild } from '../verdict/compare-builds.ts';
import { planInjection } from './plan-injection.ts';

const source = readFileSync(new URL('../../../../../native/testdata/target.c', import.meta.url), 'utf8');
const roomBytes = 0x1000000n;
const patient = { args: ['--max-pause-us', '2000000', '--find-us', '20000000'] };

interface Build {
  readonly files: BuildFiles;
  readonly side: VariableSide;
}

describe('an update of a program that runs', () => {
  let programs: Programs;
  let former: Build;

  const build = (name: string, text: string): Build => {
    const folder = join(programs.folder, name);
    mkdirSync(folder);
    const files = compileIn(folder, { 'target.c': text }, ['-pthread']);
    return { files, side: readBuild(files) };
  };
  /** Another answer, by a new function with a variable of its own and a call of a library. */
  const answering = (turn: number): string => {
    const body = `static int asked = 100; __attribute__((noinline)) static int more(int n) { return abs(-n) * ${turn} + asked++; }\n`;
    return source
      .replace('__attribute__((noinline, noipa, aligned(64))) int answer', `${body}$&`)
      .replace('return 1; }', 'return more(5); }');
  };

  before(() => {
    programs = compilePrograms();
    former = build('former', source);
  });
  after(() => rmSync(programs.folder, { recursive: true }));

  it('is taken up between two questions on an open connection, generation after generation, and taken back', async () => {
    const path = join(programs.folder, 'former', 'program');
    await using target = await Target.start({ ...programs, target: path });
    const { pid, startTicks } = target;
    const linked = new ElfFile(former.files.tor);
    const mappings = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
    const [base, room] = [baseOf(mappings, path), findRoom(mappings, path, 8n * roomBytes)];
    assert.ok(base !== undefined && room !== undefined);
    const imports = readImports(linked, base, (address) => Buffer.from(target.read(address, 8)).readBigUInt64LE());
    const buildId = findBuildId(former.files.tor) ?? assert.fail();
    let generation: Generation = firstGeneration(former.side, linked, base, imports);
    const carryOut = (plan: InjectorPlan): void => {
      const { status, stdout, stderr } = inject(programs.shipped, plan.kind, encodePlan(plan), patient);
      const answer = { exitCode: status ?? -1, stdout, stderr: stderr.toString() };
      assert.equal(parseReport('here', answer).result, 'done', stdout.toString());
    };

    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
    let last = former;
    const plans: InjectorPlan[] = [];
    for (let turn = 1; turn <= 5; turn++) {
      const next = build(`turn${turn}`, answering(turn));
      const update = linkUpdate({
        sides: { former: last.side, next: next.side },
        rules: undefined,
        unwinder: undefined,
        libraries: () => [],
        differences: compareBuilds(last.side, next.side),
        former: generation,
        sameConstants: listSameConstants(last.side.image, next.side.image),
        readCode: (address, lengthBytes) => target.read(address, lengthBytes),
        at: room + BigInt(turn) * roomBytes,
      });
      const plan = planInjection(update, { pid, startTicks, buildId });
      carryOut(plan);
      // The variable came with the first; what it holds lives on, whatever later versions say that it begins with.
      assert.deepEqual(await target.ask(), [5 * turn + 100 + turn - 1, 7, 0, 0]);
      plans.push(plan);
      ({ generation } = update);
      last = next;
    }
    for (const plan of plans.reverse()) carryOut(reversePlan(plan));
    assert.deepEqual(await target.ask(), [1, 7, 0, 0]);
  });
});
