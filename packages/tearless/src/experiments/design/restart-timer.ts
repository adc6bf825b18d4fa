// The timer that restarts one relay again and again, for arms that are restarted on purpose: two units of Tearless's own on
// its host, named so that everybody sees whose they are. Written and removed by the change engine. Pure.

import type { ChangeItem } from '../../change/plan.ts';
import { instancePaths } from '../../daemon/instance.ts';
import { createFile, startTimer } from '../model/timer-steps.ts';

export interface RestartTimer {
  readonly instance: string;
  readonly experiment: string;
  readonly everyMs: number;
  /** From when the timer starts until its first restart: relays of an arm are spread over the interval. */
  readonly firstMs: number;
}

export interface TimerUnits {
  readonly serviceUnit: string;
  readonly servicePath: string;
  readonly serviceText: string;
  readonly timerUnit: string;
  readonly timerPath: string;
  readonly timerText: string;
}

const unitDirectory = '/etc/systemd/system';

/** systemd reads whole seconds here. */
const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))}s`;

export const renderRestartTimer = ({ instance, experiment, everyMs, firstMs }: RestartTimer): TimerUnits => {
  const { unit } = instancePaths(instance);
  const base = `tearless-restart-${instance}`;
  const header = `# Written by Tearless for the experiment ${experiment}; removed when it is concluded.`;
  return {
    serviceUnit: `${base}.service`,
    servicePath: `${unitDirectory}/${base}.service`,
    serviceText: [
      header,
      '[Unit]',
      `Description=Restart ${unit} for the experiment ${experiment}`,
      '[Service]',
      'Type=oneshot',
      `ExecStart=/usr/bin/systemctl --no-block try-restart ${unit}`,
      '',
    ].join('\n'),
    timerUnit: `${base}.timer`,
    timerPath: `${unitDirectory}/${base}.timer`,
    timerText: [
      header,
      '[Unit]',
      `Description=Restart ${unit} every ${seconds(everyMs)} for the experiment ${experiment}`,
      '[Timer]',
      // From when the timer itself was started, so that the first restart is as planned; after a boot from then on.
      `OnActiveSec=${seconds(firstMs)}`,
      `OnUnitActiveSec=${seconds(everyMs)}`,
      'AccuracySec=1s',
      `Unit=${base}.service`,
      '[Install]',
      'WantedBy=timers.target',
      '',
    ].join('\n'),
  };
};

/** Behind the host's name; no relay can be called so. */
export const timerItemId = (host: string, instance: string): string => `${host}/(timer ${instance})`;

export const planRestartTimer = (host: string, timer: RestartTimer): ChangeItem => {
  const units = renderRestartTimer(timer);
  const { serviceUnit, servicePath, serviceText, timerUnit, timerPath, timerText } = units;
  return {
    id: timerItemId(host, timer.instance),
    subject: `${host}/${timer.instance}`,
    host,
    steps: [
      createFile('service', servicePath, serviceText),
      createFile('timer', timerPath, timerText),
      ...startTimer(
        { service: serviceUnit, timer: timerUnit },
        {
          symbol: '!',
          summary: `start ${timerUnit}: restarts ${instancePaths(timer.instance).unit} every ${seconds(timer.everyMs)}`,
        },
      ),
    ],
    gates: [],
    undoGates: [],
  };
};
