// The step that makes a running tor read its torrc again (SIGHUP). The process, its circuits and its uptime stay.
// A tor that does not like what it reads exits (0.4.9), so the text is checked by tor itself before; see verify-config.ts.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../change/step.ts';
import { withPatientControl } from '../control.ts';
import { DaemonError } from '../daemon-error.ts';
import { instancePaths } from '../instance.ts';
import { Instance, SettingChange } from '../params.ts';
import { carriesPresentConfiguration, isSameProcess, readSettledState } from '../process.ts';
import { findNotInEffect, readSettings } from '../settings.ts';
import { restartUnit } from './restart-unit.ts';

const Params = z.object({ instance: Instance, changes: z.array(SettingChange).default([]) });
type Params = z.output<typeof Params>;

const Memory = z.object({
  bootId: z.string(),
  pid: z.int(),
  startTicks: z.number(),
  /** GETCONF of the options that change. */
  settings: z.record(z.string(), z.array(z.string())),
});
type Memory = z.output<typeof Memory>;

/** tor handles the signal within its next second; a busy relay may need some. */
const takeUpMs = 20_000;
const pollMs = 250;

const refuse = (context: StepContext, code: string, message: string): never => {
  throw new DaemonError({
    kind: 'refused',
    code,
    place: 'host',
    subject: context.host.name,
    message: `${context.host.name}: ${message}`,
    hint: 'read the unit’s journal there',
  });
};

/** Waits until `changes` are in effect in the process of the memory. @returns those that are not */
const waitUntilTakenUp = async (
  context: StepContext,
  instance: string,
  changes: readonly SettingChange[],
  memory: Memory,
): Promise<SettingChange[]> => {
  const endMs = context.clock.now() + takeUpMs;
  for (;;) {
    const { unit, process: main } = await readSettledState(context, instance);
    if (unit.activeState !== 'active' || !isSameProcess(main, memory))
      throw new DaemonError({
        // As when systemd itself says that the reload failed: who of the two notices first is chance.
        kind: 'failed',
        code: 'daemon-died-on-reload',
        place: 'host',
        subject: context.host.name,
        message: `${context.host.name}: ${unit.unit} did not survive the reload: it is ${unit.activeState}`,
        hint: 'read the unit’s journal there',
      });
    const left =
      changes.length === 0
        ? []
        : await withPatientControl(context, instance, (controller) =>
            findNotInEffect(controller, changes, memory.settings),
          );
    if (left.length === 0 || context.clock.now() >= endMs) return left;
    await context.clock.sleep(pollMs, context.signal);
  }
};

/** `tor.reload`: the same process, the settings in effect. */
export const reloadStep: StepKind<Params, Memory> = {
  kind: 'tor.reload',
  role: 'activate',
  params: Params,
  memory: Memory,

  check: async () => false,

  remember: async (context, { instance, changes }) => {
    const { unit, process: main } = await readSettledState(context, instance);
    if (unit.activeState !== 'active' || main === undefined)
      return refuse(context, 'daemon-not-active', `${unit.unit} is ${unit.activeState}; a plan reloads only what runs`);
    const settings = await withPatientControl(context, instance, (controller) => readSettings(controller, changes));
    const copied = Object.fromEntries(Object.entries(settings).map(([name, values]) => [name, [...values]]));
    return { bootId: main.bootId, pid: main.pid, startTicks: main.startTicks, settings: copied };
  },

  // a second SIGHUP costs nothing, so there is nothing to find out
  do: async ({ host, signal }, { instance }) => await host.unit('reload', instancePaths(instance).unit, signal),

  verify: async (context, { instance, changes }, memory) => {
    const left = await waitUntilTakenUp(context, instance, changes, memory);
    if (left.length > 0)
      refuse(
        context,
        'daemon-not-in-effect',
        `${left.map(({ name }) => name).join(', ')} did not change in the running tor`,
      );
    return { mainPid: memory.pid, inEffect: changes.map(({ name }) => name) };
  },

  undo: async (context, { instance, changes }, memory) => {
    const { unit } = instancePaths(instance);
    const state = await readSettledState(context, instance);
    if (!isSameProcess(state.process, memory)) {
      // It did not survive. What systemd started again by itself may have met the new torrc, and die of the former one too.
      if (!carriesPresentConfiguration(state)) await restartUnit(context, unit);
      return;
    }
    await context.host.unit('reload', unit, context.signal);
    const back = changes.map(
      ({ name, before, after }): SettingChange => ({
        name,
        before: after ?? [],
        after: before.length === 0 ? null : before,
      }),
    );
    const left = await waitUntilTakenUp(context, instance, back, { ...memory, settings: {} });
    if (left.length > 0)
      refuse(
        context,
        'daemon-not-in-effect',
        `${left.map(({ name }) => name).join(', ')} did not go back in the running tor`,
      );
  },
};
