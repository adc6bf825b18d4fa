// The steps on one tor instance as they stand in a plan. Pure; the code behind them is in daemon/.
import type { StepSpec } from '../change/plan.ts';
import { instancePaths } from '../daemon/instance.ts';
import type { SettingChange } from '../daemon/params.ts';

/** Stands behind the step that writes the torrc and before the one that activates it. */
export const verifyConfig = (instance: string): StepSpec => ({
  id: 'verify-config',
  kind: 'tor.verify-config',
  symbol: '~',
  summary: `let tor check ${instancePaths(instance).torrcPath}`,
  params: { instance },
});

export const reloadSystemd = (instance: string): StepSpec => ({
  id: 'reload-systemd',
  kind: 'systemd.reload',
  symbol: '~',
  summary: 'let systemd read its units again',
  params: { units: [instancePaths(instance).unit] },
});

export const reloadTor = (instance: string, changes: readonly SettingChange[]): StepSpec => ({
  id: 'reload',
  kind: 'tor.reload',
  symbol: '~',
  summary: `reload ${instancePaths(instance).unit}: circuits stay`,
  params: { instance, changes: [...changes] },
});

/** @param reasons why a reload is not enough: `loads mimalloc` */
export const restartTor = (instance: string, reasons: readonly string[]): StepSpec => ({
  id: 'restart',
  kind: 'tor.restart',
  symbol: '!',
  summary: [`restart ${instancePaths(instance).unit}`, ...reasons].join(': '),
  params: { instance },
});
