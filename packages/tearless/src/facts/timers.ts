// Timers: what systemd has loaded, and the templates that lie on disk.
import type { TimerFacts } from './observed.ts';
import type { TimerFile } from './sections/timer-files.ts';
import { textOf, type UnitRecord } from './sections/units.ts';

export const describeTimers = (units: readonly UnitRecord[], files: readonly TimerFile[]): TimerFacts[] => {
  const loaded = units
    .filter((unit) => unit.id.endsWith('.timer') && textOf(unit, 'LoadState') !== 'not-found')
    .map((unit): TimerFacts => {
      const activates = unit.properties.get('Unit') ?? '';
      const path = textOf(unit, 'FragmentPath');
      return {
        unit: unit.id,
        ...(activates === '' ? {} : { activates }),
        activeState: textOf(unit, 'ActiveState'),
        unitFileState: textOf(unit, 'UnitFileState'),
        ...(path === '' ? {} : { path }),
      };
    });
  const templates = files
    .filter(({ unit }) => unit.endsWith('@.timer'))
    .map(({ unit, unitFileState }): TimerFacts => ({ unit, unitFileState }));
  return [...loaded, ...templates].sort((a, b) => (a.unit < b.unit ? -1 : 1));
};
