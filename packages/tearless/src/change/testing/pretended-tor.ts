// Kinds that stand for what daemon/ brings: a restart that takes unit files up, and a gate that looks at what runs.
import { z } from 'zod';
import { ChangeError } from '../change-error.ts';
import type { GateKind, StepContext, StepKind } from '../step.ts';
import type { DirectoryHost } from './directory-host.ts';

const RestartParams = z.object({ unit: z.string(), wants: z.string() });
type RestartParams = z.infer<typeof RestartParams>;
const RestartMemory = z.object({ mainPid: z.number() });
type RestartMemory = z.infer<typeof RestartMemory>;

const startedFrom = ({ host }: StepContext, unit: string): string | undefined =>
  (host as DirectoryHost).startedFrom(unit);

const mainPid = async ({ host }: StepContext, unit: string): Promise<number> =>
  (await host.units([unit]))[0]?.mainPid ?? 0;

export const pretendedRestart: StepKind<RestartParams, RestartMemory> = {
  kind: 'test.restart',
  role: 'activate',
  params: RestartParams,
  memory: RestartMemory,
  check: async (context, { unit, wants }) => startedFrom(context, unit)?.includes(wants) ?? false,
  remember: async (context, { unit }) => ({ mainPid: await mainPid(context, unit) }),
  do: ({ host, signal }, { unit }) => host.unit('restart', unit, signal),
  verify: async (context, { unit, wants }) => {
    if (startedFrom(context, unit)?.includes(wants) === true) return { mainPid: await mainPid(context, unit) };
    throw new ChangeError({ kind: 'refused', code: 'test-unproven', message: `${unit} runs without ${wants}` });
  },
  undo: async (context, { unit }, memory) => {
    if ((await mainPid(context, unit)) === memory.mainPid) return;
    await context.host.unit(memory.mainPid === 0 ? 'stop' : 'restart', unit, context.signal);
  },
};

const RunningParams = z.object({ unit: z.string(), wants: z.string() });
type RunningParams = z.infer<typeof RunningParams>;

/** Passes while the unit runs with files that hold `wants`. */
export const pretendedRunning: GateKind<RunningParams> = {
  kind: 'test.running',
  params: RunningParams,
  read: async (context, { unit, wants }) => {
    const found = startedFrom(context, unit);
    const passes = found?.includes(wants) === true;
    return {
      state: passes ? 'passed' : 'waiting',
      message: `${unit} runs ${found ?? 'not'}`,
      evidence: { found: found ?? '' },
    };
  },
};

/** A gate that answers what a test tells it to. */
export const scriptedGate = (
  kind: string,
  read: GateKind<Record<string, never>>['read'],
): GateKind<Record<string, never>> => ({ kind, params: z.record(z.string(), z.never()), read });
