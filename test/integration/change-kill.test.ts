// Kills a run with SIGKILL at every probe point: between any two steps, and inside each after every request that
// changes a host. Afterwards resume, undo, and undo by another operator's machine (also of
// what was resumed) must each end in the planned or the former state.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isDescribedError } from 'tearless/base/error.ts';
import { applyPlan, resumeRun, undoRun } from 'tearless/change/engine.ts';
import { readRun } from 'tearless/change/read-run.ts';
import { importRunFromHosts } from 'tearless/change/sync.ts';
import { openStore, type Store } from 'tearless/store/store.ts';
import {
  engineSetup,
  lookAtWorld,
  prepareWorld,
  run,
  type Scenario,
  type ScenarioName,
  scenarios,
  storePath,
} from './change-kill/world.ts';

const victim = join(import.meta.dirname, 'change-kill', 'victim.ts');
const soak = process.env.TEARLESS_SOAK === '1';

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const runVictim = async (directory: string, name: ScenarioName, point: number): Promise<Ended> => {
  const child = spawn(process.execPath, [victim, directory, name, String(point)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(directory, '..', 'compiled') },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
};

type World = ReturnType<typeof lookAtWorld>;

interface Known {
  readonly former: World;
  readonly planned: World;
}

const withStore = async <T>(directory: string, act: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore(storePath(directory));
  try {
    return await act(store);
  } finally {
    await store.close();
  }
};

const isUnknownRun = (error: unknown): boolean => isDescribedError(error) && error.code === 'change-run-unknown';

/** Undefined where the run was killed before it was written down anywhere. */
const unlessUnknown = async <T>(act: Promise<T>): Promise<T | undefined> => {
  try {
    return await act;
  } catch (error) {
    if (isUnknownRun(error)) return undefined;
    throw error;
  }
};

const copyOf = (directory: string, name: string): string => {
  const copy = `${directory}-${name}`;
  cpSync(directory, copy, { recursive: true });
  return copy;
};

const checkResumed = async (directory: string, scenario: Scenario, name: ScenarioName, known: Known): Promise<void> => {
  await withStore(directory, async (store) => {
    const result = await unlessUnknown(resumeRun({ ...engineSetup(directory, store), run }));
    const world = lookAtWorld(directory, scenario);
    if (result === undefined) return assert.deepEqual(world, known.former);
    const wanted = { apply: 'done', 'shared-host': 'done', fail: 'failed-undone', undo: 'undone' }[name];
    // An undo killed before it was written down left a run that is done.
    assert.ok(result.outcome === wanted || (name === 'undo' && result.outcome === 'done'), result.outcome);
    assert.deepEqual(world, result.outcome === 'undone' ? known.former : known.planned);
    const again = await readRun(store, run);
    assert.equal(again.outcome, result.outcome);
  });
};

const checkUndone = async (directory: string, scenario: Scenario, known: Known): Promise<void> => {
  await withStore(directory, async (store) => {
    const setup = engineSetup(directory, store);
    const result = await unlessUnknown(undoRun({ ...setup, run }));
    assert.ok(result === undefined || result.outcome === 'undone', result?.outcome);
    assert.deepEqual(lookAtWorld(directory, scenario), known.former);
    // Nothing of the killed run stands in the next one's way.
    const next = await applyPlan({ ...setup, plan: scenario.plan, run: 'next' });
    assert.ok(next.outcome === 'done' || next.outcome === 'failed-undone');
    assert.deepEqual(lookAtWorld(directory, scenario), known.planned);
  });
};

/** Another operator: an empty store, nothing but what lies on the hosts. */
const checkUndoneElsewhere = async (directory: string, scenario: Scenario, known: Known): Promise<void> => {
  rmSync(join(directory, 'state'), { recursive: true });
  await withStore(directory, async (store) => {
    const setup = engineSetup(directory, store);
    const hosts = [...new Set(scenario.relays.map(({ host }) => host))].map(setup.hosts);
    const imported = await unlessUnknown(importRunFromHosts(store, run, hosts));
    if (imported !== undefined) {
      assert.equal((await undoRun({ ...setup, run, takeOver: true })).outcome, 'undone');
    }
    assert.deepEqual(lookAtWorld(directory, scenario), known.former);
  });
};

for (const name of Object.keys(scenarios) as ScenarioName[]) {
  describe(`a run of the scenario ${name}, killed at each of its points`, () => {
    const scenario = scenarios[name];
    let directory: string;
    let points: string[];
    let known: Known;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'tearless-kill-'));
      const start = join(directory, 'start');
      await prepareWorld(start, scenario);
      const former = lookAtWorld(start, scenario);
      if (scenario.victim === 'undo') {
        await withStore(start, (store) => applyPlan({ ...engineSetup(start, store), plan: scenario.plan, run }));
      }
      const whole = copyOf(start, 'whole');
      const afterApply = lookAtWorld(whole, scenario);
      const ended = await runVictim(whole, name, 0);
      assert.equal(ended.code, 0, ended.stderr);
      points = ended.stdout.trim().split('\n');
      known = { former, planned: scenario.victim === 'undo' ? afterApply : lookAtWorld(whole, scenario) };
      assert.notDeepEqual(known.planned, known.former);
    });
    after(() => rmSync(directory, { recursive: true, force: true }));

    it('ends in the planned or the former state', async (test) => {
      const chosen = points.map((_, at) => at + 1).filter((point) => soak || name === 'apply' || point % 3 === 0);
      test.diagnostic(`${chosen.length} of ${points.length} points`);
      assert.ok(chosen.length > 20);
      const waiting = [...chosen];
      const killOne = async (point: number): Promise<void> => {
        const world = copyOf(join(directory, 'start'), String(point));
        const { signal, stderr } = await runVictim(world, name, point);
        assert.equal(signal, 'SIGKILL', `point ${point} (${points[point - 1]}) was not reached: ${stderr}`);
        const undone = copyOf(world, 'undone');
        const elsewhere = copyOf(world, 'elsewhere');
        try {
          await checkResumed(world, scenario, name, known);
          await checkUndoneElsewhere(world, scenario, known);
          await checkUndone(undone, scenario, known);
          await checkUndoneElsewhere(elsewhere, scenario, known);
        } catch (error) {
          throw new Error(`killed at point ${point} (${points[point - 1]})`, { cause: error });
        }
        for (const copy of [world, undone, elsewhere]) rmSync(copy, { recursive: true });
      };
      const worker = async (): Promise<void> => {
        for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) await killOne(point);
      };
      // All end before the first failure is thrown: none is left working in a directory that goes.
      const workers = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker));
      for (const ended of workers) if (ended.status === 'rejected') throw ended.reason;
    });
  });
}
