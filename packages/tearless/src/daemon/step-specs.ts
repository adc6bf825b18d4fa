// The steps on one tor instance as they stand in a plan. Pure; the code behind them is in steps/.
import type { StepSpec } from '../change/plan.ts';
import type { FileFacts } from '../facts/observed.ts';
import { diffLines } from './file-diff.ts';
import { instancePaths } from './instance.ts';
import type { SettingChange } from './params.ts';
import { createConcealer } from './secret-options.ts';

const newFileAttributes = { mode: 0o644, owner: 'root', group: 'root' };

/** The lines that change, without secret values: people read them, and paste them elsewhere. */
const showChange = (before: string, after: string): string[] => {
  const { torrc } = createConcealer();
  return diffLines(torrc(before), torrc(after));
};

/** @param what for people: `drop-in`, `torrc` */
export const writeStep = (
  id: string,
  what: string,
  path: string,
  text: string,
  before: FileFacts | undefined,
): StepSpec => ({
  id,
  kind: 'file.write',
  symbol: before === undefined ? '+' : '~',
  summary: `${before === undefined ? 'create' : 'change'} ${what} ${path}`,
  detail: showChange(before?.text ?? '', text),
  params: {
    path,
    content: text,
    expects: before?.sha256 ?? null,
    ...(before === undefined ? newFileAttributes : { mode: before.mode, owner: before.owner, group: before.group }),
  },
});

/** Stands behind the step that writes the torrc and before the one that activates it. */
export const verifyConfig = (instance: string): StepSpec => ({
  id: 'verify-config',
  kind: 'tor.verify-config',
  symbol: '~',
  summary: `let tor check ${instancePaths(instance).torrcPath}`,
  params: { instance },
});

/** Stands before the step that writes the torrc: tor judges the text as the user that it has there. */
export const checkTorrc = (instance: string, content: string): StepSpec => ({
  id: 'check-torrc',
  kind: 'tor.check-torrc',
  symbol: '~',
  summary: `let tor check what ${instancePaths(instance).torrcPath} shall say`,
  params: { instance, content },
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
