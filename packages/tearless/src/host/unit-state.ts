// `systemctl show` with fixed properties, read into unit states. Pure.
//
//   Id=tor@a.service
//   ActiveEnterTimestamp=Fri 2026-01-09 14:02:11.123456 UTC
//   (an empty line between units)
import type { UnitState } from './host.ts';

/** 0 for `` and `n/a`: never active. The format is that of `--timestamp=us+utc`. */
const parseTimestampMs = (text: string): number => {
  const [, date, time] = /^\w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC$/.exec(text) ?? [];
  return date === undefined || time === undefined ? 0 : Date.parse(`${date}T${time.slice(0, 12)}Z`);
};

/** Units in the order printed, which is the order asked for. Properties that systemd lacks count as empty. */
export const parseUnitStates = (output: string): UnitState[] =>
  output
    .split(/\n\n+/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map((block) => {
      const properties = new Map<string, string>();
      for (const line of block.split('\n')) {
        const at = line.indexOf('=');
        if (at > 0) properties.set(line.slice(0, at), line.slice(at + 1));
      }
      const text = (name: string): string => properties.get(name) ?? '';
      const count = (name: string): number => (/^\d+$/.test(text(name)) ? Number(text(name)) : 0);
      return {
        unit: text('Id'),
        loadState: text('LoadState'),
        activeState: text('ActiveState'),
        subState: text('SubState'),
        unitFileState: text('UnitFileState'),
        mainPid: count('MainPID'),
        restarts: count('NRestarts'),
        activeEnterMonotonicUs: count('ActiveEnterTimestampMonotonic'),
        activeEnterMs: parseTimestampMs(text('ActiveEnterTimestamp')),
        result: text('Result'),
        needDaemonReload: text('NeedDaemonReload') === 'yes',
      };
    });
