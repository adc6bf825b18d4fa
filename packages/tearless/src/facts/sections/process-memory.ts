// What each main process holds in memory, from /proc/PID/smaps_rollup (proc_pid_smaps(5)). Reads f_pids, f_cpus.
import type { Fact } from './fact.ts';
import { parseProcFields } from './proc-fields.ts';

export const processMemory: Fact = {
  name: 'process-memory',
  // The kernel walks every page of the process, about 10 ms a gigabyte: up to four readers side by side, each line in
  // one write so that lines never mix.
  script: `[ -n "\${f_pids-}" ] || return 0
[ "\${f_cpus:-1}" -le 4 ] && f_readers=\${f_cpus:-1} || f_readers=4
printf '/proc/%s/smaps_rollup\\n' $f_pids |
  xargs -n 16 -P "$f_readers" grep -sHE --line-buffered '^(Rss|Pss|Anonymous|Private_Dirty|Swap):' || [ "$?" -eq 123 ]`,
};

export interface ProcessMemory {
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly anonymousBytes: number;
  readonly privateDirtyBytes: number;
  readonly swapBytes: number;
}

/** Processes of which every field was read; one that ended half way through is left out. */
export const parseProcessMemory = (text: string): Map<number, ProcessMemory> => {
  const memory = new Map<number, ProcessMemory>();
  for (const [pid, fields] of parseProcFields('process-memory', 'smaps_rollup', text)) {
    const [rssBytes, pssBytes, anonymousBytes, privateDirtyBytes, swapBytes] = [
      'Rss',
      'Pss',
      'Anonymous',
      'Private_Dirty',
      'Swap',
    ].map((name) => fields.get(name));
    if (
      rssBytes !== undefined &&
      pssBytes !== undefined &&
      anonymousBytes !== undefined &&
      privateDirtyBytes !== undefined &&
      swapBytes !== undefined
    )
      memory.set(pid, { rssBytes, pssBytes, anonymousBytes, privateDirtyBytes, swapBytes });
  }
  return memory;
};
