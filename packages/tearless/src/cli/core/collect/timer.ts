// The timer that collects by itself on this machine: what it calls, and when.
import { calendarOf, type TimerCommand } from '../../../experiments/timer/timer-units.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { callOf } from '../own-timer/own-timer.ts';

export const timerName = (fleet: string, experiment: string | undefined): string =>
  `tearless-collect-${fleet}${experiment === undefined ? '' : `-${experiment}`}`;

export interface TimerRequest {
  /** The experiment; undefined for the fleet and all that is under way. */
  readonly name: string | undefined;
  readonly limit: string | undefined;
  /** Absolute. */
  readonly csv: string | undefined;
  readonly everyMs: number;
}

/** @throws CliError `cli-usage` for an interval that no calendar has */
export const collectTimer = (fleet: Fleet, context: CommandContext, request: TimerRequest): TimerCommand => {
  const { name: experiment, limit, csv, everyMs } = request;
  const calendar = calendarOf(everyMs);
  if (calendar === undefined)
    throw usageError(
      'a timer needs an interval that divides a minute, an hour or a day',
      'such as 30s, 5m, 15m, 1h or 6h; any other can be had with --every alone, which keeps running',
    );
  return {
    name: timerName(fleet.config.fleet, experiment),
    description: `samples of the fleet ${fleet.config.fleet}${experiment === undefined ? '' : ` for the experiment ${experiment}`}`,
    calendar,
    ...callOf(context, [
      'collect',
      ...(experiment === undefined ? [] : [experiment]),
      '--config',
      fleet.file.path,
      ...(limit === undefined ? [] : ['--limit', limit]),
      ...(csv === undefined ? [] : ['--csv', csv]),
    ]),
    service: ['# A host that does not answer is a recorded gap, no failure of the unit.', 'SuccessExitStatus=3 4'],
    timer: [],
  };
};
