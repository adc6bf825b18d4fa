// A process of its own for each figure: says in JSON how long it took and how much memory it had at most.
//   child.ts verdict FORMER NEXT
//   child.ts bundle FORMER NEXT PID     (what comes before linking and planning does not count)
import { firstGenerationOf, judgeUpdate, prepareUpdate } from 'tearless/live/apply/prepare-update.ts';
import { localDoor } from 'tearless/live/apply/testing/local-door.ts';
import { encodePlan } from 'tearless/live/inject/encode-plan.ts';
import { findRoom } from 'tearless/live/process/memory-map.ts';
import { loadBuild } from '../../test/integration/live/means.ts';

const roomBytes = 2n ** 26n;
const [what, formerDirectory = '', nextDirectory = '', pid = ''] = process.argv.slice(2);

let startedMs = performance.now();
const [former, next] = [loadBuild(formerDirectory), loadBuild(nextDirectory)];
if (what === 'bundle') {
  const program = await localDoor('').look(Number(pid));
  const generation = firstGenerationOf(former, program);
  judgeUpdate(former, next, undefined);
  startedMs = performance.now();
  const at = findRoom(program.mappings, program.path, roomBytes) ?? 0n;
  encodePlan(prepareUpdate({ earlier: [], former, next, program, generation, rules: undefined, at }).plan);
} else judgeUpdate(former, next, undefined);
const ms = performance.now() - startedMs;
// Kilobytes of 1024.
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ms, peakBytes })}\n`);
