import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseUnits } from './sections/units.ts';
import { describeTimers } from './timers.ts';

const unit = (id: string, loadState: string): string =>
  `Id=${id}\nLoadState=${loadState}\nActiveState=active\nUnitFileState=enabled\nFragmentPath=/etc/systemd/system/${id}\nUnit=x.service\n\n`;

describe('timers', () => {
  it('are those that systemd has loaded and the templates on disk, by name', () => {
    const units = parseUnits(
      unit('b.timer', 'loaded') + unit('gone.timer', 'not-found') + unit('tor@a.service', 'loaded'),
    );
    const files = [
      { unit: 'b.timer', unitFileState: 'enabled' },
      { unit: 'a@.timer', unitFileState: 'disabled' },
    ];
    assert.deepEqual(describeTimers(units, files), [
      { unit: 'a@.timer', unitFileState: 'disabled' },
      {
        unit: 'b.timer',
        activates: 'x.service',
        activeState: 'active',
        unitFileState: 'enabled',
        path: '/etc/systemd/system/b.timer',
      },
    ]);
  });
});
