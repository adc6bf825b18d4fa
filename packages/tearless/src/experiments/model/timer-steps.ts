// Steps that an experiment's timers share, whatever they do: a file of Tearless's own, then systemd is told of it. Pure.
import type { StepSpec } from '../../change/plan.ts';

/** A new file of root's, where none stands yet. */
export const createFile = (id: string, path: string, content: string): StepSpec => ({
  id,
  kind: 'file.write',
  symbol: '+',
  summary: `create ${path}`,
  detail: content
    .trimEnd()
    .split('\n')
    .map((line) => `+${line}`),
  params: { path, content, expects: null, mode: 0o644, owner: 'root', group: 'root' },
});

/** @param start what starting the timer means for who reads the plan */
export const startTimer = (
  { service, timer }: { readonly service: string; readonly timer: string },
  start: Pick<StepSpec, 'symbol' | 'summary'>,
): StepSpec[] => [
  {
    id: 'reload-systemd',
    kind: 'systemd.reload',
    symbol: '~',
    summary: 'let systemd read its units again',
    params: { units: [service, timer] },
  },
  { id: 'enable', kind: 'unit.enable', symbol: '~', summary: `enable ${timer}`, params: { unit: timer } },
  { id: 'start', kind: 'unit.start', ...start, params: { unit: timer } },
];
