// An update of a process that runs on a host: the builds of its plan are those that the process ran and shall run, and there is room.
import type { StepContext } from '../../change/step.ts';
import type { InjectorPlan } from '../inject/encode-plan.ts';
import { findRoom } from '../process/memory-map.ts';
import { listZeroMembers, type Rules } from '../rules/rules.ts';
import { recordGeneration } from '../status/generation-record.ts';
import { earlierBuildsOf, recordOperations, type UpdateRecord } from '../status/process-record.ts';
import { findUsedRoom } from './find-used-room.ts';
import type { LiveBuild } from './live-build.ts';
import type { LiveMeans } from './means.ts';
import type { UpdateParams } from './params.ts';
import { prepareUpdate } from './prepare-update.ts';
import { type Running, readProgram } from './read-running.ts';
import { refusal } from './refusal.ts';

/** Enough for an update of all of tor. */
const roomBytes = 0x2000000n;

/** What the process ran before the build that it runs now; none where no rule takes room for zero. */
const readEarlier = (
  means: LiveMeans,
  context: StepContext,
  { instance, builds }: UpdateParams,
  { program, record }: Running,
  first: LiveBuild,
  rules: Rules | undefined,
): LiveBuild[] => {
  if (listZeroMembers(rules).length === 0) return [];
  const read = new Map(
    [first, ...builds.between.map((path) => means.readBuild(path))].map((one) => [one.manifest.buildId, one]),
  );
  return earlierBuildsOf(program, record).map((id) => {
    const found = read.get(id);
    if (found !== undefined) return found;
    throw refusal(
      context,
      instance,
      'live-other-build',
      `it ran ${id.slice(0, 16)}… before, which is none of the builds that the plan was made with`,
      'plan again',
    );
  });
};

/** @throws LiveError `live-other-build`, `live-room-used`, `live-no-room`; what reading and linking throw */
export const prepareOnHost = async (
  means: LiveMeans,
  context: StepContext,
  params: UpdateParams,
  running: Running,
): Promise<{ readonly plan: InjectorPlan; readonly update: UpdateRecord }> => {
  const { instance, builds, to } = params;
  const rules = params.rules === null ? undefined : means.readRules(params.rules.path, params.rules.sha256);
  const [former, next, first] = [builds.from, builds.to, builds.program].map((path) => means.readBuild(path));
  const other = (why: string): Error => refusal(context, instance, 'live-other-build', why, 'plan again');
  if (running.build !== params.from)
    throw other(`it runs ${running.build.slice(0, 16)}…, and the plan was made for ${params.from.slice(0, 16)}…`);
  if (former?.manifest.buildId !== params.from) throw other(`${builds.from} is another build by now than what it runs`);
  if (next?.manifest.buildId !== to) throw other(`${builds.to} is another build by now than it shall become`);
  if (first?.manifest.buildId !== running.program)
    throw other(`it was started from ${running.program.slice(0, 16)}…, and ${builds.program} is another build by now`);
  const used = findUsedRoom(running.record, to, rules);
  if (used !== undefined) throw refusal(context, instance, 'live-room-used', used, 'or restart it instead');
  const earlier = readEarlier(means, context, params, running, first, rules);
  const { program, generation } = await readProgram(context, instance, running, first, next);
  const at = findRoom(program.mappings, program.path, roomBytes);
  if (at === undefined)
    throw refusal(context, instance, 'live-no-room', 'there is no room near its program', 'restart it instead');
  const prepared = prepareUpdate({ earlier, former, next, program, generation, rules, at });
  const update: UpdateRecord = {
    state: 'pending',
    from: running.build,
    to,
    versions: [former.manifest.version, next.manifest.version],
    at: new Date(context.clock.now()).toISOString(),
    run: context.run,
    pauseUs: null,
    regions: prepared.regions.map(({ address, bytes, protection }) => ({
      address: address.toString(16),
      sizeBytes: bytes.length,
      protection,
    })),
    operations: recordOperations(prepared.plan, prepared.reverse),
    ...recordGeneration(generation, prepared.generation),
  };
  return { plan: prepared.plan, update };
};
