// A process that works on a run and kills itself with SIGKILL at a given probe point: `victim.ts DIRECTORY SCENARIO POINT`.
// At point 0 it lives and prints the names of all points it passed, one a line.
import { applyPlan, undoRun } from 'tearless/change/engine.ts';
import { openStore } from 'tearless/store/store.ts';
import { engineSetup, run, type ScenarioName, scenarios, storePath } from './world.ts';

const [directory = '', name = '', point = '0'] = process.argv.slice(2);
const scenario = scenarios[name as ScenarioName];
const passed: string[] = [];
const store = await openStore(storePath(directory));
const setup = engineSetup(directory, store, (at) => {
  passed.push(at);
  if (passed.length === Number(point)) process.kill(process.pid, 'SIGKILL');
});
await (scenario.victim === 'apply' ? applyPlan({ ...setup, plan: scenario.plan, run }) : undoRun({ ...setup, run }));
await store.close();
process.stdout.write(`${passed.join('\n')}\n`);
