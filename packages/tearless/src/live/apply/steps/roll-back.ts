// `live.roll-back`: the process of an instance gives up the latest update, and runs the code of the build before it.
import { z } from 'zod';
import type { StepKind } from '../../../change/step.ts';
import { LiveError } from '../../live-error.ts';
import { doneUpdates } from '../../status/process-record.ts';
import type { LiveMeans } from '../means.ts';
import { BuildId, InjectParams, signingOf } from '../params.ts';
import { readRunning } from '../read-running.ts';
import { bringBack, takeBack } from '../take-back.ts';
import { readSettled } from './inject.ts';

const Params = z.object({ ...InjectParams.shape, from: BuildId, to: BuildId });
type Params = z.output<typeof Params>;

const Memory = z.object({ pid: z.int(), startTicks: z.string(), updates: z.int().nonnegative() });
type Memory = z.output<typeof Memory>;

export const rollBackStep = (means: LiveMeans): StepKind<Params, Memory> => ({
  kind: 'live.roll-back',
  role: 'activate',
  params: Params,
  memory: Memory,

  check: async (context, { instance, to }) => (await readRunning(context, instance)).build === to,

  remember: async (context, { instance }) => {
    const { look, record } = await readRunning(context, instance);
    return {
      pid: look.pid,
      startTicks: String(look.startTicks),
      updates: record === undefined ? 0 : doneUpdates(record).length,
    };
  },

  do: async (context, params) => {
    const running = await readSettled(means, context, params);
    if (running.build === params.to) return;
    await takeBack(context, params.instance, signingOf(means, params), running, params);
  },

  verify: async (context, { instance, to }, memory) => {
    const { build, look } = await readRunning(context, instance);
    if (build === to && look.pid === memory.pid) return { mainPid: look.pid, build };
    throw new LiveError({
      kind: 'refused',
      code: 'live-not-rolled-back',
      message: `${context.host.name}/${instance}: its code is still that of ${build.slice(0, 16)}…`,
      place: 'host',
      subject: `${context.host.name}/${instance}`,
    });
  },

  undo: async (context, params, memory) => {
    const running = await readSettled(means, context, params);
    const { record, look } = running;
    if (record === undefined || look.pid !== memory.pid || String(look.startTicks) !== memory.startTicks) return;
    if (doneUpdates(record).length >= memory.updates) return;
    const last = record.updates.findLast(({ state, to }) => state === 'undone' && to === params.from);
    if (last !== undefined) await bringBack(context, params.instance, signingOf(means, params), running, last, params);
  },
});
