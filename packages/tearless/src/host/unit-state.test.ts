import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUnitStates } from './unit-state.ts';

// systemctl show --timestamp=us+utc of systemd 252, two units.
const output = `MainPID=812
NRestarts=2
Result=success
Id=tor@a.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled-runtime
NeedDaemonReload=yes
ActiveEnterTimestamp=Fri 2026-01-09 14:02:11.123456 UTC
ActiveEnterTimestampMonotonic=5512345678

MainPID=0
NRestarts=0
Result=success
Id=nosuch.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
NeedDaemonReload=no
ActiveEnterTimestamp=n/a
ActiveEnterTimestampMonotonic=0
`;

test('each block of properties becomes a unit state', () => {
  assert.deepEqual(parseUnitStates(output), [
    {
      unit: 'tor@a.service',
      loadState: 'loaded',
      activeState: 'active',
      subState: 'running',
      unitFileState: 'enabled-runtime',
      mainPid: 812,
      restarts: 2,
      activeEnterMonotonicUs: 5512345678,
      activeEnterMs: Date.UTC(2026, 0, 9, 14, 2, 11, 123),
      result: 'success',
      needDaemonReload: true,
    },
    {
      unit: 'nosuch.service',
      loadState: 'not-found',
      activeState: 'inactive',
      subState: 'dead',
      unitFileState: '',
      mainPid: 0,
      restarts: 0,
      activeEnterMonotonicUs: 0,
      activeEnterMs: 0,
      result: 'success',
      needDaemonReload: false,
    },
  ]);
});

test('no output is no unit', () => {
  assert.deepEqual(parseUnitStates('\n'), []);
});
