// `live.inject`: the process of an instance takes the code of another build while it runs. It stays the same process.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { withPatientControl } from '../../../daemon/control.ts';
import {
  doneUpdates,
  isPending,
  type ProcessRecord,
  type UpdateRecord,
  writeProcessRecord,
} from '../../status/process-record.ts';
import { actBetweenCounts } from '../act-between-counts.ts';
import { Census, takeCensus } from '../census.ts';
import { bringInjector } from '../host-injector.ts';
import type { LiveMeans } from '../means.ts';
import { signingOf, UpdateParams } from '../params.ts';
import { prepareOnHost } from '../prepare-on-host.ts';
import { isSameProcess, type Running, readRunning } from '../read-running.ts';
import { isWhole, readSettled } from '../read-settled.ts';
import { refusal } from '../refusal.ts';
import { injectPatiently, notedFirst, takeBack } from '../take-back.ts';

const Memory = z.object({
  pid: z.int(),
  startTicks: z.string(),
  /** How many updates the process ran with. */
  updates: z.int().nonnegative(),
  census: Census,
});
type Memory = z.output<typeof Memory>;

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
const hasOwn = (context: StepContext, { instance, to }: UpdateParams, memory: Memory, running: Running): boolean => {
  // Restarted since: it runs what lies on the disk, which is as before.
  if (!isSameProcess(running, memory) || running.record === undefined) return false;
  const [newer] = doneUpdates(running.record)
    .slice(memory.updates)
    .filter(({ run }) => run !== context.run);
  if (newer !== undefined)
    throw refusal(
      context,
      instance,
      'live-update-newer',
      `the run ${newer.run} made it ${newer.to.slice(0, 16)}… after this one made it ${to.slice(0, 16)}…`,
      `first undo the run ${newer.run}`,
    );
  return doneUpdates(running.record).length > memory.updates;
};

/** Whoever restarted it in the meantime: it began as the build that it was to become, since systemd starts that by then. */
const hasBegunAs = (running: Running, memory: Memory, { from, to }: UpdateParams): boolean =>
  from !== to &&
  [running.program, running.build].every((build) => build === to) &&
  (!isSameProcess(running, memory) || memory.updates === 0);

const censusOf = (context: StepContext, instance: string): Promise<Census> =>
  withPatientControl(context, instance, takeCensus);

export const injectStep = (means: LiveMeans): StepKind<UpdateParams, Memory> => ({
  kind: 'live.inject',
  role: 'activate',
  params: UpdateParams,
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
    if (!isSameProcess(running, memory))
      throw refusal(context, instance, 'live-process-gone', 'it was restarted in the meantime', 'plan again');
    const { plan, update } = await prepareOnHost(means, context, params, running);
    const record = running.record ?? emptyRecord(running);
    const signing = signingOf(means, params);
    const noted = (one: UpdateRecord): ProcessRecord => ({ ...record, updates: [...record.updates, one] });
    const notes = { before: record, during: noted(update), hooked: noted({ ...update, state: 'undone' }) };
    await bringInjector(context, signing);
    const losses = await actBetweenCounts(context, instance, async () => {
      const { pauseUs, retries } = await notedFirst(context, signing, notes, () =>
        injectPatiently(context, instance, signing, plan, params),
      );
      await writeProcessRecord(context.host, noted({ ...update, state: 'done', pauseUs, retries }), signing);
    });
    if (losses.length > 0)
      throw refusal(context, instance, 'live-census-lost', losses.join('; '), 'it goes back; look at its log');
  },

  verify: async (context, params, memory) => {
    const { instance, to } = params;
    const running = await readRunning(context, instance);
    const found = { mainPid: running.look.pid, build: running.build };
    if (hasBegunAs(running, memory, params)) return { ...found, restarted: true };
    const last = running.record === undefined ? undefined : doneUpdates(running.record).at(-1);
    // What was in doubt is settled, and it runs what it was started from.
    if (params.from === to && running.build === to && last === undefined) return found;
    if (running.build !== to || !isSameProcess(running, memory) || last === undefined)
      throw refusal(context, instance, 'live-not-applied', `its code is not that of ${to.slice(0, 16)}…`, 'plan again');
    if (!(await isWhole(context, instance)(last)))
      throw refusal(context, instance, 'live-not-applied', 'not all functions lead to the new code', 'roll back');
    const census = await censusOf(context, instance);
    return {
      ...found,
      pauseUs: last.pauseUs,
      retries: last.retries ?? 0,
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
      if (hasBegunAs(running, memory, params))
        throw refusal(
          context,
          params.instance,
          'live-begun-as',
          `it was restarted in the meantime and began as ${params.to.slice(0, 16)}…, which is no update that could be taken back`,
          `its next start is as before: 'systemctl restart tor@${params.instance}' on ${context.host.name}, then 'tearless run undo ${context.run}'`,
        );
      if (!hasOwn(context, params, memory, running)) return;
      await takeBack(context, params.instance, signingOf(means, params), running, params);
    }
  },
});
