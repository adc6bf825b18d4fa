// `grep -H` over /proc files of many processes: one line a field, the process in the file's name.
import { linesOf, parseCount, unexpected } from './lines.ts';

/**
 * Bytes of each field by process.
 *
 * ```
 * /proc/4711/status:VmHWM:	   91236 kB
 * ```
 */
export const parseProcFields = (fact: string, file: string, text: string): Map<number, Map<string, number>> => {
  const shape = new RegExp(`^/proc/([1-9]\\d*)/${file}:([A-Za-z_]+):\\s+(\\d{1,12}) kB$`);
  const processes = new Map<number, Map<string, number>>();
  for (const line of linesOf(fact, text)) {
    const [, first = '', field, value = ''] = shape.exec(line.text) ?? [];
    const pid = parseCount(first);
    const kilobytes = parseCount(value);
    if (pid === undefined || field === undefined || kilobytes === undefined)
      throw unexpected(fact, line, `/proc/PID/${file}:FIELD: NUMBER kB`);
    const fields = processes.get(pid) ?? new Map<string, number>();
    processes.set(pid, fields.set(field, kilobytes * 1024));
  }
  return processes;
};
