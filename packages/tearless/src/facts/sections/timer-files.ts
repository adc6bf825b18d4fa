// Timers that lie on disk, loaded or not. Leaves f_timer_files. Templates show up here only.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const timerFiles: Fact = {
  name: 'timer-files',
  script: `f_timer_files=$(systemctl list-unit-files --no-pager --no-legend --plain --full '*.timer') || [ "$?" -eq 1 ]
[ -z "$f_timer_files" ] || printf '%s\\n' "$f_timer_files"`,
};

export interface TimerFile {
  readonly unit: string;
  readonly unitFileState: string;
}

/** `apt-daily.timer enabled enabled`: unit, state, preset. */
export const parseTimerFiles = (text: string): TimerFile[] =>
  linesOf('timer-files', text).map((line) => {
    const [, unit, unitFileState] = /^(\S+\.timer)\s+([a-z-]+)(?:\s+[a-z-]+)?\s*$/.exec(line.text) ?? [];
    if (unit === undefined || unitFileState === undefined) throw unexpected('timer-files', line, 'UNIT STATE PRESET');
    return { unit, unitFileState };
  });
