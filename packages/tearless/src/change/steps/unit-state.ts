// Units enabled or disabled, started or stopped: four kinds of step over one table. Restarting tor is daemon/'s.
import { z } from 'zod';
import type { Host, UnitState } from '../../host/host.ts';
import { ChangeError } from '../change-error.ts';
import type { StepKind } from '../step.ts';

export const UnitParams = z.object({ unit: z.string().min(1) });
export type UnitParams = z.infer<typeof UnitParams>;

const UnitMemory = z.object({ unitFileState: z.string(), activeState: z.string() });
type UnitMemory = z.infer<typeof UnitMemory>;

type Verb = 'enable' | 'disable' | 'start' | 'stop';

interface Aspect {
  /** Whether the unit already is as the verb leaves it. */
  readonly holds: (state: UnitState) => boolean;
  /** Whether the verb can be taken back to what was there. */
  readonly reversible: (state: UnitState) => boolean;
  /** The verb that brings the former state back; undefined where it stands. */
  readonly back: (former: UnitMemory, now: UnitState) => Verb | undefined;
}

const isEnabled = (state: string): boolean => state === 'enabled';
const isActive = (state: string): boolean => state === 'active' || state === 'activating' || state === 'reloading';

const enablement = (wanted: boolean): Aspect => ({
  holds: (state) => isEnabled(state.unitFileState) === wanted,
  reversible: (state) => state.unitFileState === 'enabled' || state.unitFileState === 'disabled',
  back: (former, now) => {
    if (isEnabled(former.unitFileState) === isEnabled(now.unitFileState)) return undefined;
    return isEnabled(former.unitFileState) ? 'enable' : 'disable';
  },
});

const activity = (wanted: boolean): Aspect => ({
  holds: (state) => isActive(state.activeState) === wanted,
  reversible: (state) => state.loadState === 'loaded',
  back: (former, now) => {
    if (isActive(former.activeState) === isActive(now.activeState)) return undefined;
    return isActive(former.activeState) ? 'start' : 'stop';
  },
});

const readUnit = async (host: Host, unit: string): Promise<UnitState> => {
  const [state] = await host.units([unit]);
  if (state !== undefined) return state;
  throw new ChangeError({
    kind: 'protocol',
    code: 'change-unit-unknown',
    place: 'host',
    message: `${host.name}: systemd says nothing of ${unit}`,
    subject: `${host.name}:${unit}`,
  });
};

const unitKind = (verb: Verb, aspect: Aspect): StepKind<UnitParams, UnitMemory> => ({
  kind: `unit.${verb}`,
  role: 'state',
  params: UnitParams,
  memory: UnitMemory,
  check: async ({ host }, { unit }) => aspect.holds(await readUnit(host, unit)),
  remember: async ({ host }, { unit }) => {
    const state = await readUnit(host, unit);
    if (aspect.reversible(state)) return { unitFileState: state.unitFileState, activeState: state.activeState };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-unit-irreversible',
      place: 'host',
      message: `${host.name}: ${unit} is ${state.loadState}, ${state.unitFileState || 'without a unit file'}: ${verb} could not be undone`,
      hint: 'look at the unit with `systemctl status`, then plan anew',
      subject: `${host.name}:${unit}`,
    });
  },
  do: ({ host, signal }, { unit }) => host.unit(verb, unit, signal),
  verify: async ({ host }, { unit }) => {
    const state = await readUnit(host, unit);
    if (aspect.holds(state)) {
      return { unit, unitFileState: state.unitFileState, activeState: state.activeState, subState: state.subState };
    }
    throw new ChangeError({
      kind: 'refused',
      code: 'change-unit-unproven',
      place: 'host',
      message: `${host.name}: after ${verb}, ${unit} is ${state.activeState} (${state.result}), ${state.unitFileState}`,
      hint: 'look at the unit with `systemctl status`',
      subject: `${host.name}:${unit}`,
    });
  },
  undo: async ({ host, signal }, { unit }, former) => {
    const verbBack = aspect.back(former, await readUnit(host, unit));
    if (verbBack !== undefined) await host.unit(verbBack, unit, signal);
  },
});

export const unitEnable = unitKind('enable', enablement(true));
export const unitDisable = unitKind('disable', enablement(false));
export const unitStart = unitKind('start', activity(true));
export const unitStop = unitKind('stop', activity(false));
