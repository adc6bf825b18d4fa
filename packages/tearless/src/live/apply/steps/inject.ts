// `live.inject`: the process of an instance takes the code of another build while it runs. It stays the same process.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { withPatientControl } from '../../../daemon/control.ts';
import { LiveError } from '../../live-error.ts';
import { lookAt } from '../../process/look.ts';
import { findRoom } from '../../process/memory-map.ts';
import { listZeroMembers, type Rules } from '../../rules/rules.ts';
import { recordGeneration } from '../../status/generation-record.ts';
import {
  doneUpdates,
  earlierBuildsOf,
  isPending,
  type ProcessRecord,
  recordOperations,
  type UpdateRecord,
  writeProcessRecord,
} from '../../status/process-record.ts';
import { Census, findLosses, takeCensus } from '../census.ts';
import { findUsedRoom } from '../find-used-room.ts';
import { bringInjector } from '../host-injector.ts';
import type { LiveBuild } from '../live-build.ts';
import type { LiveMeans } from '../means.ts';
import { BuildId, InjectParams, Path, ShippedFile, signingOf } from '../params.ts';
import { prepareUpdate } from '../prepare-update.ts';
import { type Running, readProgram, readRunning } from '../read-running.ts';
import { injectPatiently, notedFirst, settlePending, takeBack } from '../take-back.ts';

const Params = z.object({
  ...InjectParams.shape,
  from: BuildId,
  to: BuildId,
  /** Directories of `live build`: of what runs, of what it becomes, of what the process was started from, of all in between. */
  builds: z.object({ from: Path, to: Path, program: Path, between: z.array(Path) }),
  rules: ShippedFile.nullable(),
});
type Params = z.output<typeof Params>;

const Memory = z.object({
  pid: z.int(),
  startTicks: z.string(),
  /** How many updates the process ran with. */
  updates: z.int().nonnegative(),
  census: Census,
});
type Memory = z.output<typeof Memory>;

/** Enough for an update of all of tor. */
const roomBytes = 0x2000000n;

const refuse = (context: StepContext, instance: string, code: string, message: string, hint: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code,
    message: `${context.host.name}/${instance}: ${message}`,
    place: 'host',
    subject: `${context.host.name}/${instance}`,
    hint,
  });

const isSame = ({ look }: Running, memory: Memory): boolean =>
  look.pid === memory.pid && String(look.startTicks) === memory.startTicks;

/** Whether all jumps of an update stand in the process. */
const isWhole =
  (context: StepContext, instance: string) =>
  async ({ operations }: UpdateRecord): Promise<boolean> => {
    const { mappings } = await lookAt(context, instance);
    const code = mappings.filter(({ permissions }) => permissions.startsWith('r-x'));
    const jumps = operations.flatMap((one) => {
      if (!('was' in one)) return [];
      const [address, bytes] = [BigInt(`0x${one.at}`), Buffer.from(one.is, 'hex')];
      const isCode = code.some(({ from, to }) => address >= from && address + BigInt(bytes.length) <= to);
      return isCode ? [{ address, bytes }] : [];
    });
    const ranges = jumps.map(({ address, bytes }) => ({ address, lengthBytes: bytes.length }));
    const { memory } = await lookAt(context, instance, ranges);
    return jumps.every(({ address, bytes }) => Buffer.compare(memory.read(address, bytes.length), bytes) === 0);
  };

/** A process that stands as its record says, with nothing in doubt. */
export const readSettled = async (means: LiveMeans, context: StepContext, params: InjectParams): Promise<Running> => {
  const { instance } = params;
  const running = await readRunning(context, instance);
  if (!isPending(running.record)) return running;
  await settlePending(context, instance, signingOf(means, params), running, isWhole(context, instance), params);
  return readRunning(context, instance);
};

/** What the process ran before the build that it runs now; none where no rule takes room for zero. */
const readEarlier = (
  means: LiveMeans,
  context: StepContext,
  { instance, builds }: Params,
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
    throw refuse(
      context,
      instance,
      'live-other-build',
      `it ran ${id.slice(0, 16)}… before, which is none of the builds that the plan was made with`,
      'plan again',
    );
  });
};

const prepareOn = async (means: LiveMeans, context: StepContext, params: Params, running: Running) => {
  const { instance, builds, to } = params;
  const rules = params.rules === null ? undefined : means.readRules(params.rules.path, params.rules.sha256);
  const [former, next, first] = [builds.from, builds.to, builds.program].map((path) => means.readBuild(path));
  if (former?.manifest.buildId !== running.build || next?.manifest.buildId !== to || first === undefined)
    throw refuse(
      context,
      instance,
      'live-other-build',
      `it runs ${running.build.slice(0, 16)}…, and the plan was made for ${params.from.slice(0, 16)}…`,
      'plan again',
    );
  if (first.manifest.buildId !== running.program)
    throw refuse(
      context,
      instance,
      'live-other-build',
      `it was started from ${running.program.slice(0, 16)}…, and ${builds.program} is another build by now`,
      'plan again',
    );
  const used = findUsedRoom(running.record, to, rules);
  if (used !== undefined) throw refuse(context, instance, 'live-room-used', used, 'or restart it instead');
  const earlier = readEarlier(means, context, params, running, first, rules);
  const { program, generation } = await readProgram(context, instance, running, first, next);
  const at = findRoom(program.mappings, program.path, roomBytes);
  if (at === undefined)
    throw refuse(context, instance, 'live-no-room', 'there is no room near its program', 'restart it instead');
  const prepared = prepareUpdate({
    earlier,
    former,
    next,
    program,
    generation,
    rules,
    at,
  });
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

const emptyRecord = ({ look, program }: Running): ProcessRecord => ({
  schema: 'tearless.live-process/v1',
  pid: look.pid,
  startTicks: String(look.startTicks),
  program,
  updates: [],
});

/**
 * Whether an update of this run is to be taken back.
 * @throws LiveError `live-update-newer` where another run made one on top of it, or in its place
 */
const hasOwn = (context: StepContext, { instance, to }: Params, memory: Memory, running: Running): boolean => {
  // Restarted since: it runs what lies on the disk, which is as before.
  if (!isSame(running, memory) || running.record === undefined) return false;
  const [newer] = doneUpdates(running.record)
    .slice(memory.updates)
    .filter(({ run }) => run !== context.run);
  if (newer !== undefined)
    throw refuse(
      context,
      instance,
      'live-update-newer',
      `the run ${newer.run} made it ${newer.to.slice(0, 16)}… after this one made it ${to.slice(0, 16)}…`,
      `first undo the run ${newer.run}`,
    );
  return doneUpdates(running.record).length > memory.updates;
};

const censusOf = (context: StepContext, instance: string): Promise<Census> =>
  withPatientControl(context, instance, takeCensus);

export const injectStep = (means: LiveMeans): StepKind<Params, Memory> => ({
  kind: 'live.inject',
  role: 'activate',
  params: Params,
  memory: Memory,

  check: async (context, { instance, to }) => {
    const { build, record } = await readRunning(context, instance);
    return build === to && !isPending(record);
  },

  remember: async (context, { instance }) => {
    const { look, record } = await readRunning(context, instance);
    return {
      pid: look.pid,
      startTicks: String(look.startTicks),
      updates: record === undefined ? 0 : doneUpdates(record).length,
      census: await censusOf(context, instance),
    };
  },

  do: async (context, params, memory) => {
    const { instance, to } = params;
    const running = await readSettled(means, context, params);
    if (running.build === to) return;
    if (!isSame(running, memory))
      throw refuse(context, instance, 'live-process-gone', 'it was restarted in the meantime', 'plan again');
    const { plan, update } = await prepareOn(means, context, params, running);
    const record = running.record ?? emptyRecord(running);
    const signing = signingOf(means, params);
    const noted = (one: UpdateRecord): ProcessRecord => ({ ...record, updates: [...record.updates, one] });
    const notes = { before: record, during: noted(update), hooked: noted({ ...update, state: 'undone' }) };
    await bringInjector(context, signing);
    // The connection was there before, and is there afterwards: both answers come over it.
    await withPatientControl(context, instance, async (controller) => {
      const before = await takeCensus(controller);
      const { pauseUs } = await notedFirst(context, signing, notes, () =>
        injectPatiently(context, instance, signing, plan, params),
      );
      await writeProcessRecord(context.host, noted({ ...update, state: 'done', pauseUs }), signing);
      const losses = findLosses(before, await takeCensus(controller));
      if (losses.length > 0)
        throw refuse(context, instance, 'live-census-lost', losses.join('; '), 'it goes back; look at its log');
    });
  },

  verify: async (context, { instance, to }, memory) => {
    const running = await readRunning(context, instance);
    const last = running.record === undefined ? undefined : doneUpdates(running.record).at(-1);
    if (running.build !== to || !isSame(running, memory) || last === undefined)
      throw refuse(context, instance, 'live-not-applied', `its code is not that of ${to.slice(0, 16)}…`, 'plan again');
    if (!(await isWhole(context, instance)(last)))
      throw refuse(context, instance, 'live-not-applied', 'not all functions lead to the new code', 'roll back');
    const census = await censusOf(context, instance);
    return {
      mainPid: running.look.pid,
      build: running.build,
      pauseUs: last.pauseUs,
      mappedBytes: last.regions.reduce((all, { sizeBytes }) => all + sizeBytes, 0),
      before: { ...memory.census },
      after: { ...census },
    };
  },

  mayUndo: async (context, params, memory) => {
    hasOwn(context, params, memory, await readRunning(context, params.instance));
  },

  undo: async (context, params, memory) => {
    for (;;) {
      const running = await readSettled(means, context, params);
      if (!hasOwn(context, params, memory, running)) return;
      await takeBack(context, params.instance, signingOf(means, params), running, params);
    }
  },
});
