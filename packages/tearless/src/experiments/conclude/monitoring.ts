// What watches the relays after an experiment: once a day a line in the host's journal with how many run and what memory they
// take. A script and a timer of Tearless's own; no program is installed. Pure.
import type { ChangeItem } from '../../change/plan.ts';
import type { HostFacts } from '../../facts/observed.ts';
import { memorySummary } from '../../host/helper/render-helper.ts';
import { createFile, startTimer } from '../model/timer-steps.ts';
import { unitDirectory } from './leaving.ts';

export const monitoringTimer = 'tearless-memory-summary.timer';
const serviceUnit = 'tearless-memory-summary.service';

/** Stands in the journal before each line: `journalctl -t tearless-memory`. */
export const monitoringTag = 'tearless-memory';

const service = `# Written by Tearless; 'tearless run undo' takes it away.
[Unit]
Description=Tell the memory of the tor relays
[Service]
Type=oneshot
SyslogIdentifier=${monitoringTag}
NoNewPrivileges=yes
Nice=19
ExecStart=/bin/sh ${memorySummary.path}
`;

const timer = `# Written by Tearless; 'tearless run undo' takes it away.
[Unit]
Description=Tell the memory of the tor relays once a day
[Timer]
OnCalendar=*-*-* 06:00:00
RandomizedDelaySec=5min
Persistent=true
[Install]
WantedBy=timers.target
`;

export const monitoringId = (host: string): string => `${host}/(monitoring)`;

/** @returns undefined where the timer runs already */
export const planMonitoring = (facts: HostFacts): ChangeItem | undefined => {
  const { host, timers } = facts;
  const standing = timers.find(({ unit }) => unit === monitoringTimer);
  if (standing?.activeState === 'active' && standing.unitFileState === 'enabled') return undefined;
  return {
    id: monitoringId(host),
    subject: host,
    host,
    steps: [
      createFile('script', memorySummary.path, memorySummary.text),
      createFile('service', `${unitDirectory}/${serviceUnit}`, service),
      createFile('timer', `${unitDirectory}/${monitoringTimer}`, timer),
      ...startTimer(
        { service: serviceUnit, timer: monitoringTimer },
        { symbol: '~', summary: `start ${monitoringTimer}: journalctl -t ${monitoringTag} shows a line a day` },
      ),
    ],
    gates: [],
    undoGates: [],
  };
};
