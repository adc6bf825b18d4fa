// Processors and memory. Leaves f_cpus: how many readers may run side by side.
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

export const machine: Fact = {
  name: 'machine',
  script: `f_cpus=$(getconf _NPROCESSORS_ONLN)
printf 'cpus %s\\n' "$f_cpus"
grep -E '^MemTotal:' /proc/meminfo`,
};

export interface Machine {
  readonly cpus: number;
  readonly memoryTotalBytes: number;
}

/**
 * ```
 * cpus 4
 * MemTotal:       24683520 kB
 * ```
 */
export const parseMachine = (text: string): Machine => {
  const lines = linesOf('machine', text);
  const first = lines[0] ?? { number: 1, text: '' };
  const second = lines[1] ?? { number: 2, text: '' };
  const cpus = parseCount(/^cpus (\d+)$/.exec(first.text)?.[1] ?? '');
  if (cpus === undefined || cpus === 0) throw unexpected('machine', first, 'cpus NUMBER');
  const kilobytes = parseCount(/^MemTotal: +(\d{1,12}) kB$/.exec(second.text)?.[1] ?? '');
  if (kilobytes === undefined) throw unexpected('machine', second, 'MemTotal: NUMBER kB');
  return { cpus, memoryTotalBytes: kilobytes * 1024 };
};
