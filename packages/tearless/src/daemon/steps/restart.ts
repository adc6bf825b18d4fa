// The step that restarts a tor instance, so that it takes up its drop-in, its torrc or a new binary.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../change/step.ts';
import { DaemonError } from '../daemon-error.ts';
import { instancePaths } from '../instance.ts';
import { Instance } from '../params.ts';
import { carriesPresentConfiguration, type InstanceState, isSameProcess, readSettledState } from '../process.ts';
import { restartUnit } from './restart-unit.ts';

const Params = z.object({ instance: Instance });
type Params = z.output<typeof Params>;

const Memory = z.object({
  bootId: z.string(),
  pid: z.int(),
  startTicks: z.number(),
  activeEnterMonotonicUs: z.number(),
});
type Memory = z.output<typeof Memory>;

const refuse = (context: StepContext, { unit }: InstanceState, code: string, why: string): never => {
  throw new DaemonError({
    kind: 'refused',
    code,
    place: 'host',
    subject: context.host.name,
    message: `${unit.unit} on ${context.host.name} ${why}`,
    hint: `read 'journalctl -u ${unit.unit}' there`,
  });
};

const describeUnit = ({ unit }: InstanceState): string =>
  `is ${unit.activeState} (${unit.subState}${unit.result === '' || unit.result === 'success' ? '' : `, ${unit.result}`})`;

/** `tor.restart`: another main process than the remembered one, started under the present configuration. */
export const restartStep: StepKind<Params, Memory> = {
  kind: 'tor.restart',
  role: 'activate',
  params: Params,
  memory: Memory,

  // whether a restart is needed was decided when the plan was made; the host alone cannot tell
  check: async () => false,

  remember: async (context, { instance }) => {
    const state = await readSettledState(context, instance);
    const { unit, process: main } = state;
    if (unit.activeState !== 'active' || main === undefined)
      return refuse(context, state, 'daemon-not-active', `${describeUnit(state)}; a plan restarts only what runs`);
    const { bootId, pid, startTicks } = main;
    return { bootId, pid, startTicks, activeEnterMonotonicUs: unit.activeEnterMonotonicUs };
  },

  do: async (context, { instance }, memory) => {
    const state = await readSettledState(context, instance);
    // after an interruption: the restart that we asked for may have happened
    if (!isSameProcess(state.process, memory) && carriesPresentConfiguration(state)) return;
    await restartUnit(context, instancePaths(instance).unit);
  },

  verify: async (context, { instance }, memory) => {
    const state = await readSettledState(context, instance);
    const { unit, process: main } = state;
    if (unit.activeState !== 'active' || main === undefined)
      return refuse(context, state, 'daemon-not-active', `did not come back: it ${describeUnit(state)}`);
    if (isSameProcess(main, memory))
      return refuse(context, state, 'daemon-not-restarted', `still has the process ${main.pid}: it did not restart`);
    return {
      mainPid: main.pid,
      startTicks: main.startTicks,
      startedAt: new Date(main.startMs).toISOString(),
      formerPid: memory.pid,
    };
  },

  undo: async (context, { instance }, memory) => {
    const state = await readSettledState(context, instance);
    const active = state.unit.activeState === 'active';
    // never restarted: it still is what it was; or an interrupted undo restarted it already
    if (active && isSameProcess(state.process, memory)) return;
    if (!isSameProcess(state.process, memory) && carriesPresentConfiguration(state)) return;
    await restartUnit(context, instancePaths(instance).unit);
    const after = await readSettledState(context, instance);
    if (after.unit.activeState !== 'active')
      refuse(
        context,
        after,
        'daemon-not-active',
        `did not come back with its former configuration: it ${describeUnit(after)}`,
      );
  },
};
