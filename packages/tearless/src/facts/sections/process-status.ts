// The highest resident size so far, from /proc/PID/status (proc_pid_status(5)). Reads f_pids.
import type { Fact } from './fact.ts';
import { parseProcFields } from './proc-fields.ts';

export const processStatus: Fact = {
  name: 'process-status',
  script: `[ -z "\${f_pids-}" ] || grep -sHE '^VmHWM:' $(printf '/proc/%s/status ' $f_pids) || [ "$?" -le 2 ]`,
};

/** Peak resident bytes by process. */
export const parseProcessStatus = (text: string): Map<number, number> => {
  const peaks = new Map<number, number>();
  for (const [pid, fields] of parseProcFields('process-status', 'status', text)) {
    const peak = fields.get('VmHWM');
    if (peak !== undefined) peaks.set(pid, peak);
  }
  return peaks;
};
