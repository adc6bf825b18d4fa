// Carries one process over a row of builds.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'carry one process over a row of builds, or judge each step of the row',
  details:
    'Each build is the successor of the one before it, built with --after. Without --pid nothing is touched: every step is judged.\nWith it the process, which runs the first build, takes the code of one after the other; the first step that cannot be made\nends the row, and the process goes on with what it has. A file rules.yaml in a build says what no tool can know of the step to\nit. No host keeps a record of this: relays of a fleet take one step at a time, by live apply.\nExit code 7 where a step was refused or failed.',
  examples: [
    ['tearless live streak build-0.4.9.11 build-0.4.9.12 build-0.4.9.13', 'could a process go all the way?'],
    ['tearless live streak build-0.4.9.11 build-0.4.9.12 --pid 4711', 'as root: let it go'],
  ],
  positionals: [
    {
      name: 'BUILD',
      summary: 'directories of live build, oldest first',
      required: true,
      variadic: true,
      complete: 'directory',
    },
  ],
  options: {
    pid: { type: 'string', value: 'PID', summary: 'a process of this machine that runs the first build; needs root' },
    'max-pause': {
      type: 'string',
      value: 'MS',
      summary:
        'how many milliseconds it may stand still at most; 20 by default: it is tried again rather than exceeded',
    },
  },
  json: 'tearless.live-streak/v1',
  async run(context, { options, positionals }) {
    const [
      { liveMeans },
      { ensureInjector },
      { openProcessDoor },
      { carryRow },
      { renderStreak },
      { Streak },
      { createLocalHost },
      { currentHelper },
      { usageError },
      { resolve },
    ] = await Promise.all([
      import('../../core/live/means.ts'),
      import('../../core/live/ensure-injector.ts'),
      import('../../core/live/process-door.ts'),
      import('../../core/live/carry-row.ts'),
      import('../../core/live/streak-lines.ts'),
      import('../../../live/streak/streak.ts'),
      import('../../../host/create-host.ts'),
      import('../../core/hosts.ts'),
      import('../../core/cli-error.ts'),
      import('node:path'),
    ]);
    const { surroundings, output, signal } = context;
    if (positionals.length < 2) throw usageError('a row has two builds at least', 'BUILD BUILD…');
    const { pid: pidOption, 'max-pause': maxPause = '20' } = options;
    const pid = pidOption === undefined ? undefined : Number(pidOption);
    if (pid !== undefined && (!Number.isInteger(pid) || pid < 2))
      throw usageError(`--pid ${pidOption} is no process`, '--pid 4711');
    const maxPauseMs = Number(maxPause);
    if (!(maxPauseMs > 0 && maxPauseMs <= 10_000))
      throw usageError(`--max-pause ${maxPause} is no number of milliseconds`, 'up to 10000');
    const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
    try {
      const door = pid === undefined ? undefined : openProcessDoor(host, (await ensureInjector(context)).path, signal);
      const limits = { maxPauseUs: Math.round(maxPauseMs * 1000), findUs: 30_000_000 };
      const rows = await carryRow(
        positionals.map((directory) => resolve(surroundings.cwd, directory)),
        (directory) => liveMeans.readBuild(directory),
        door === undefined || pid === undefined ? undefined : (build) => Streak.begin({ door, pid, build, ...limits }),
        ({ turn, to, verdict }) => output.note(`${turn} of ${positionals.length - 1}: ${to}: ${verdict}`),
      );
      const value = { ...(pid === undefined ? {} : { pid }), steps: rows };
      output.result('tearless.live-streak/v1', JSON.parse(JSON.stringify(value)), () => renderStreak(rows));
      return rows.some(({ trouble }) => trouble !== undefined) ? exitCodes.findings : exitCodes.done;
    } finally {
      await host.close();
    }
  },
});
