import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { calendarOf, instantOf, isOwnUnit, renderTimerUnits, type TimerCommand } from './timer-units.ts';

const command: TimerCommand = {
  name: 'tearless-collect-demo',
  description: 'samples of the fleet demo, 100%',
  calendar: '*-*-* *:00/5:00 UTC',
  argv: ['/opt/node 24/bin/node', 'main.ts', 'collect', '--limit', 'arm=a&!h1/b', 'it costs $HOME "5%n" \\'],
  environment: { HOME: '/home/o%p', XDG_STATE_HOME: '/srv/a b' },
  service: ['# A host may be away.', 'SuccessExitStatus=3 4'],
  timer: ['Persistent=true'],
};
const body = (text: string): string => text.slice(text.indexOf('\n') + 1);

describe('units of a timer', () => {
  it('are these', () => {
    const { service, timer } = renderTimerUnits(command);
    assert.equal(
      body(service),
      `[Unit]
Description=Tearless: samples of the fleet demo, 100%%
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
UMask=0077
Environment="HOME=/home/o%%p"
Environment="XDG_STATE_HOME=/srv/a b"
ExecStart="/opt/node 24/bin/node" "main.ts" "collect" "--limit" "arm=a&!h1/b" "it costs $$HOME \\"5%%n\\" \\\\"
# A host may be away.
SuccessExitStatus=3 4
`,
    );
    assert.equal(
      body(timer),
      `[Unit]
Description=Tearless: samples of the fleet demo, 100%%

[Timer]
OnCalendar=*-*-* *:00/5:00 UTC
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
`,
    );
  });

  it('are ours as long as nobody changed them', () => {
    const { service, timer } = renderTimerUnits(command);
    assert.ok(isOwnUnit(service) && isOwnUnit(timer));
    for (const changed of [`${service}\n`, service.replace('UMask', 'umask'), body(service), '', '[Unit]\n'])
      assert.equal(isOwnUnit(changed), false, changed);
  });

  it('begin at whole multiples of the interval, where those are the same every day', () => {
    for (const [everyMs, expected] of [
      [1_000, '*-*-* *:*:00/1 UTC'],
      [30_000, '*-*-* *:*:00/30 UTC'],
      [60_000, '*-*-* *:00/1:00 UTC'],
      [900_000, '*-*-* *:00/15:00 UTC'],
      [3_600_000, '*-*-* 00/1:00:00 UTC'],
      [86_400_000, '*-*-* 00:00:00 UTC'],
    ] as const)
      assert.equal(calendarOf(everyMs), expected);
    for (const everyMs of [7_000, 90_000, 420_000, 5_400_000, 5 * 3_600_000, 0, 500, 1_500])
      assert.equal(calendarOf(everyMs), undefined, String(everyMs));
  });

  const analyze = spawnSync('systemd-analyze', ['--version']);
  it('have times that systemd understands', {
    skip: analyze.error === undefined ? false : 'no systemd-analyze',
  }, () => {
    const intervals = [1_000, 30_000, 60_000, 900_000, 3_600_000, 6 * 3_600_000, 86_400_000];
    for (const time of [...intervals.map((everyMs) => calendarOf(everyMs) ?? ''), instantOf(4_102_444_799_999)]) {
      const { status, stderr } = spawnSync('systemd-analyze', ['calendar', time]);
      assert.equal(status, 0, `${time}: ${stderr}`);
    }
  });
});
