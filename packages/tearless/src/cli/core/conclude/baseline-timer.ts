// The timer that takes the baseline when it is due, once, and is taken away with it.

import { isDescribedError } from '../../../base/error.ts';
import { instantOf, type TimerCommand } from '../../../experiments/timer/timer-units.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { callOf, removeTimer } from '../own-timer/own-timer.ts';

const timerName = (fleet: Fleet, id: string): string => `tearless-baseline-${fleet.config.fleet}-${id}`;

export const baselineTimer = (fleet: Fleet, context: CommandContext, id: string, dueMs: number): TimerCommand => ({
  name: timerName(fleet, id),
  description: `the baseline after the experiment ${id}`,
  // Not before it is due: the instant is cut to the second.
  calendar: instantOf(dueMs + 999),
  ...callOf(context, ['experiment', 'conclude', id, '--baseline', '--config', fleet.file.path]),
  service: [
    '# A host that is away now is there later; without it there is no baseline.',
    'Restart=on-failure',
    'RestartSec=15min',
  ],
  // A machine that was off when it was due takes it when it is on again.
  timer: ['Persistent=true'],
});

/** Takes the timer away where there is one; one that somebody changed stays, and that is said. */
export const removeBaselineTimer = async (fleet: Fleet, context: CommandContext, id: string): Promise<void> => {
  try {
    const { done, words } = await removeTimer(context, timerName(fleet, id), { yes: true });
    if (done) context.output.note(words);
  } catch (error) {
    if (!isDescribedError(error)) throw error;
    context.output.note(`${error.message}; ${error.hint ?? 'take it away by hand'}`);
  }
};
