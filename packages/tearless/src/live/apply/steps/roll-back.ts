// `live.roll-back`: the process of an instance gives up the latest update, and runs the code of the build before it.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { doneUpdates, isPending, type ProcessRecord, type UpdateRecord } from '../../status/process-record.ts';
import type { LiveMeans } from '../means.ts';
import { BuildId, InjectParams, signingOf } from '../params.ts';
import { isSameProcess, type Running, readRunning } from '../read-running.ts';
import { readSettled } from '../read-settled.ts';
import { refusal } from '../refusal.ts';
import { bringBack, takeBack } from '../take-back.ts';

const Params = z.object({ ...InjectParams.shape, from: BuildId, to: BuildId });
type Params = z.output<typeof Params>;

const Memory = z.object({
  pid: z.int(),
  startTicks: z.string(),
  /** When the updates that the process ran with were made, the oldest first: that tells each from all others. */
  done: z.array(z.string()),
});
type Memory = z.output<typeof Memory>;

const doneOf = (record: ProcessRecord | undefined): string[] =>
  record === undefined ? [] : doneUpdates(record).map(({ at }) => at);

/**
 * The update that was taken back since; undefined where none was, or the process is another one.
 * @throws LiveError `live-other-build` where others came or went since: new code would use what they brought
 */
const findTakenBack = (
  context: StepContext,
  { instance, from }: Params,
  memory: Memory,
  running: Running,
): UpdateRecord | undefined => {
  const { record } = running;
  const [now, then] = [doneOf(record).join(' '), memory.done.join(' ')];
  if (record === undefined || !isSameProcess(running, memory) || now === then) return undefined;
  const update = record.updates.find(({ at }) => at === memory.done.at(-1));
  if (update !== undefined && now === memory.done.slice(0, -1).join(' ')) return update;
  throw refusal(
    context,
    instance,
    'live-other-build',
    `it went through other updates since, so that to ${from.slice(0, 16)}… cannot come back as it was`,
    "'tearless live apply' gives it that build anew",
  );
};

export const rollBackStep = (means: LiveMeans): StepKind<Params, Memory> => ({
  kind: 'live.roll-back',
  role: 'activate',
  params: Params,
  memory: Memory,

  check: async (context, { instance, to }) => {
    const { build, record } = await readRunning(context, instance);
    return build === to && !isPending(record);
  },

  remember: async (context, { instance }) => {
    const { look, record } = await readRunning(context, instance);
    return { pid: look.pid, startTicks: String(look.startTicks), done: doneOf(record) };
  },

  do: async (context, params) => {
    const { instance, from, to } = params;
    const running = await readSettled(means, context, params);
    if (running.build === to) return;
    const last = running.record === undefined ? undefined : doneUpdates(running.record).at(-1);
    if (last?.from !== to || last.to !== from)
      throw refusal(
        context,
        instance,
        'live-other-build',
        `it runs ${running.build.slice(0, 16)}…, and its latest update is not the one from ${to.slice(0, 16)}… to ${from.slice(0, 16)}… by now`,
        'plan again',
      );
    await takeBack(context, instance, signingOf(means, params), running, params);
  },

  verify: async (context, { instance, from, to }, memory) => {
    const { build, look, record } = await readRunning(context, instance);
    const taken = record?.updates.findLast((one) => one.state === 'undone' && one.from === to && one.to === from);
    if (build === to && look.pid === memory.pid) return { mainPid: look.pid, build, ...taken?.back };
    throw refusal(
      context,
      instance,
      'live-not-rolled-back',
      `its code is still that of ${build.slice(0, 16)}…`,
      'plan again',
    );
  },

  mayUndo: async (context, params, memory) => {
    const running = await readRunning(context, params.instance);
    if (!isPending(running.record)) findTakenBack(context, params, memory, running);
  },

  undo: async (context, params, memory) => {
    const running = await readSettled(means, context, params);
    const update = findTakenBack(context, params, memory, running);
    if (update !== undefined)
      await bringBack(context, params.instance, signingOf(means, params), running, update, params);
  },
});
