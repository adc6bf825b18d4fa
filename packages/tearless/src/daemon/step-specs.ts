// The steps of this room as they stand in a plan. Pure.
import type { StepSpec } from '../change/plan.ts';
import { instancePaths } from './instance.ts';
import type { SettingChange } from './params.ts';
import type { OptionChange } from './torrc-edit.ts';

const toParams = (changes: readonly OptionChange[]): SettingChange[] =>
  changes.map(({ name, before, after }) => ({ name, before: [...before], after: after === null ? null : [...after] }));

/** Stands behind the step that writes the torrc and before the one that activates it. */
export const planVerifyConfig = (instance: string): StepSpec => ({
  id: 'verify-config',
  kind: 'tor.verify-config',
  symbol: '~',
  summary: `let tor check ${instancePaths(instance).torrcPath}`,
  params: { instance },
});

export const planReload = (instance: string, changes: readonly OptionChange[]): StepSpec => ({
  id: 'reload',
  kind: 'tor.reload',
  symbol: '~',
  summary: `reload ${instancePaths(instance).unit}: circuits stay`,
  params: { instance, changes: toParams(changes) },
});

export const planRestart = (instance: string): StepSpec => ({
  id: 'restart',
  kind: 'tor.restart',
  symbol: '!',
  summary: `restart ${instancePaths(instance).unit}`,
  params: { instance },
});

/** For `GateWishes.changes`. */
export const settingChanges = toParams;
