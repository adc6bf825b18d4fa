// Start time, processor time and threads of the main processes, from /proc/PID/stat (proc_pid_stat(5)). Reads f_pids.
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

export const processStat: Fact = {
  name: 'process-stat',
  // A process may end meanwhile: what is missing is missing in the output too.
  script: `[ -z "\${f_pids-}" ] || grep -sh '' $(printf '/proc/%s/stat ' $f_pids) || [ "$?" -le 2 ]`,
};

export interface ProcessStat {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** User and system time together, clock ticks. */
  readonly cpuTicks: number;
  readonly threads: number;
  /** Faults that had to wait for a disk. */
  readonly majorFaults: number;
}

/**
 * `4711 (tor) S 1 4711 …`: field 12 is majflt, 14 and 15 are utime and stime, 20 threads, 22 starttime. A process that has ended and
 * only waits to be collected (state Z or X) is left out.
 */
export const parseProcessStat = (text: string): Map<number, ProcessStat> => {
  const stats = new Map<number, ProcessStat>();
  for (const line of linesOf('process-stat', text)) {
    const [, first = '', rest = ''] = /^([1-9]\d*) \(.*\) (.*)$/.exec(line.text) ?? [];
    const fields = rest.split(' ');
    const pid = parseCount(first);
    // `rest` begins with field 3.
    const [majorFaults, user, system, threads, startTicks] = [12, 14, 15, 20, 22].map((field) =>
      parseCount(fields[field - 3] ?? ''),
    );
    if (
      pid === undefined ||
      majorFaults === undefined ||
      user === undefined ||
      system === undefined ||
      threads === undefined ||
      startTicks === undefined
    )
      throw unexpected('process-stat', line, 'PID (NAME) STATE and at least 19 numbers');
    if (!/^[ZX]$/.test(fields[0] ?? ''))
      stats.set(pid, { pid, startTicks, cpuTicks: user + system, threads, majorFaults });
  }
  return stats;
};
