// LD_PRELOAD as each running process was given it: what was asked for, not what was loaded. Reads f_pids. No other
// variable of their environments is read.
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

export const processPreload: Fact = {
  name: 'process-preload',
  script: `[ -n "\${f_pids-}" ] || return 0
f_preloads=$(grep -sazHE '^LD_PRELOAD=' $(printf '/proc/%s/environ ' $f_pids) | tr '\\n\\000' '\\t\\n')
[ -z "$f_preloads" ] || printf '%s\\n' "$f_preloads"`,
};

/** `/proc/4711/environ:LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2` */
export const parseProcessPreload = (text: string): Map<number, string> => {
  const preloads = new Map<number, string>();
  for (const line of linesOf('process-preload', text)) {
    const [, first = '', preload] = /^\/proc\/([1-9]\d*)\/environ:LD_PRELOAD=(.*)$/.exec(line.text) ?? [];
    const pid = parseCount(first);
    if (pid === undefined || preload === undefined)
      throw unexpected('process-preload', line, '/proc/PID/environ:LD_PRELOAD=VALUE');
    preloads.set(pid, preload);
  }
  return preloads;
};
