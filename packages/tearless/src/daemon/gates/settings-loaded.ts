// `tor.settings-loaded`: a restarted tor has the settings that its torrc now gives it (GETCONF).
import { z } from 'zod';
import type { GateKind } from '../../change/step.ts';
import { Instance, SettingChange } from '../params.ts';
import { createConcealer } from '../secret-options.ts';
import { findNotInEffect, readSettings } from '../settings.ts';
import { failed, passed, readByControl } from './reading.ts';

const Params = z.object({ instance: Instance, changes: z.array(SettingChange).min(1) });
type Params = z.output<typeof Params>;

export const settingsLoadedGate: GateKind<Params> = {
  kind: 'tor.settings-loaded',
  params: Params,
  read: (context, { instance, changes }) =>
    readByControl(context, instance, async (controller) => {
      const now = await readSettings(controller, changes);
      const left = await findNotInEffect(
        controller,
        changes,
        Object.fromEntries(changes.map(({ name, before }) => [name, before])),
      );
      const { value: conceal } = createConcealer();
      const shown = Object.entries(now).map(([name, values]) => [name, values.map((value) => conceal(name, value))]);
      const evidence = { settings: Object.fromEntries(shown) };
      const names = (list: readonly SettingChange[]): string => list.map(({ name }) => name).join(', ');
      return left.length === 0
        ? passed(`${names(changes)} in effect`, evidence)
        : failed(`${names(left)} not in effect in the running tor`, evidence);
    }),
};
