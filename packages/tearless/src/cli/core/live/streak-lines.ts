// A row of builds, and what became of a process over them, as people read it. Pure.

import { renderPauses } from '../../../live/streak/pauses.ts';
import { formatBytes } from '../../../report/format.ts';
import { renderTable } from '../table.ts';
import type { StreakRow } from './carry-row.ts';

const inMs = (us: number): string => `${(us / 1000).toFixed(1)} ms`;

export const renderStreak = (rows: readonly StreakRow[]): string[] => {
  const held = rows.flatMap(({ step }) => (step === undefined ? [] : [step.pauseUs]));
  return [
    ...renderTable(rows, [
      { title: 'STEP', align: 'right', cell: ({ turn }) => String(turn) },
      { title: 'TO', cell: ({ to }) => to },
      { title: 'BUILD', cell: ({ buildId }) => buildId.slice(0, 8) },
      { title: 'VERDICT', cell: ({ verdict }) => verdict },
      { title: 'FUNCTIONS', align: 'right', cell: ({ functions }) => String(functions) },
      { title: 'MAPPED', align: 'right', cell: ({ step }) => (step === undefined ? '' : formatBytes(step.bytes)) },
      { title: 'PAUSE', align: 'right', cell: ({ step }) => (step === undefined ? '' : inMs(step.pauseUs)) },
      { title: 'RETRIES', align: 'right', cell: ({ step }) => (step === undefined ? '' : String(step.retries)) },
    ]),
    ...rows.flatMap(({ turn, trouble }) => (trouble === undefined ? [] : ['', `step ${turn}: ${trouble}`])),
    ...(held.length < 2 ? [] : ['', ...renderPauses(held)]),
  ];
};
