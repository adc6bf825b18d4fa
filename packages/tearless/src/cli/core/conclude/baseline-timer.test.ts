import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTimerUnits } from '../../../experiments/timer/timer-units.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { baselineTimer } from './baseline-timer.ts';

const fleet = { config: { fleet: 'demo' }, file: { path: '/srv/tearless.yaml' } } as unknown as Fleet;
const context = { surroundings: { env: { XDG_STATE_HOME: '/srv/state' }, home: '/root' } } as unknown as CommandContext;

test('the timer of a baseline fires once, not before it is due, also on a machine that was off then', () => {
  const dueMs = Date.UTC(2026, 0, 2, 3, 4, 5, 600);
  const { name, service, timer } = renderTimerUnits(baselineTimer(fleet, context, 'mem', dueMs));
  assert.equal(name, 'tearless-baseline-demo-mem');
  assert.match(timer, /^OnCalendar=2026-01-02 03:04:06 UTC$/m);
  assert.match(timer, /^Persistent=true$/m);
  assert.match(service, /"experiment" "conclude" "mem" "--baseline" "--config" "\/srv\/tearless\.yaml"$/m);
  assert.match(service, /^Environment="XDG_STATE_HOME=\/srv\/state"$/m);
});

test('a host that is away when a baseline is due is asked again later', () => {
  const { service } = renderTimerUnits(baselineTimer(fleet, context, 'mem', 0));
  assert.match(service, /^Restart=on-failure$/m);
  assert.doesNotMatch(service, /SuccessExitStatus/);
});
