// A host as processes: starting, stopping, rebooting it, and its process 1.
import { existsSync, readFileSync } from 'node:fs';
import { killCgroups, makeCgroups } from '../base/cgroups.ts';
import { LabError } from '../base/lab-error.ts';
import { namespacePath } from '../base/lab-name.ts';
import type { ProcessIdentity } from '../base/process-identity.ts';
import { lastLines } from '../base/run.ts';
import { readTrackedProcess, spawnTracked, stopTracked } from '../base/tracked-process.ts';
import { waitFor } from '../base/wait.ts';
import { tryExecOnHost } from './exec.ts';
import { hostPaths, type LabHost, namespaceOf, supervisorId } from './host-record.ts';
import { readLeader } from './leader.ts';

const readConsole = (host: LabHost): string => {
  const supervisor = readTrackedProcess(host.lab, supervisorId(host));
  return supervisor === undefined ? 'its container has ended' : lastLines(readFileSync(supervisor.log, 'utf8'), 10);
};

const bootTimeoutMs = 180_000;

/**
 * Waits until everything the host starts has started.
 * @throws LabError `lab-host-degraded` when a unit failed, `lab-timeout`
 */
const waitUntilRunning = async (host: LabHost, former: ProcessIdentity | undefined): Promise<void> => {
  await waitFor(
    () => {
      if (readTrackedProcess(host.lab, supervisorId(host)) === undefined) {
        throw new LabError('lab-host-ended', `the host ${host.name} ended while it started`, {
          kind: 'failed',
          hint: `see the end of its console, host-${host.name}.log in the lab's logs`,
        });
      }
      const now = readLeader(host);
      const isNew = now !== undefined && (now.pid !== former?.pid || now.startTime !== former.startTime);
      return isNew && existsSync(`/proc/${now.pid}/root/run/systemd/private`);
    },
    { what: `systemd of ${host.name}`, timeoutMs: bootTimeoutMs, intervalMs: 10, explain: () => readConsole(host) },
  );
  const state = await waitFor(
    async () => {
      const asked = await tryExecOnHost(host, ['systemctl', 'is-system-running', '--wait'], {
        timeoutMs: bootTimeoutMs,
      });
      const word = asked.stdout.trim();
      return ['running', 'degraded', 'maintenance'].includes(word) ? word : undefined;
    },
    { what: `${host.name} to be running`, timeoutMs: bootTimeoutMs, explain: () => readConsole(host) },
  );
  if (state === 'running') return;
  const failed = await tryExecOnHost(host, ['systemctl', 'list-units', '--failed', '--plain', '--no-legend']);
  throw new LabError('lab-host-degraded', `the host ${host.name} is ${state}:\n${failed.stdout.trimEnd()}`, {
    kind: 'failed',
  });
};

/** Starts a host that was made (hosts.ts) and waits until it is running; does nothing when it runs. */
export const startHost = async (host: LabHost): Promise<void> => {
  if (readTrackedProcess(host.lab, supervisorId(host)) === undefined) {
    const { root } = hostPaths(host.lab, host.name);
    const groups = makeCgroups(host.lab, host.name);
    const supervise = new URL('supervise.sh', import.meta.url).pathname;
    const argv = ['sh', supervise, root, namespacePath(namespaceOf(host)), host.name, ...groups];
    await spawnTracked(argv, { lab: host.lab, id: supervisorId(host) });
  }
  await waitUntilRunning(host, undefined);
};

/** Switches a host off in an orderly way, killing what does not end within `graceMs`. Its disk stays. */
export const stopHost = async (host: LabHost, graceMs = 90_000): Promise<void> => {
  const supervisor = readTrackedProcess(host.lab, supervisorId(host));
  if (supervisor !== undefined) process.kill(supervisor.pid, 'SIGTERM');
  try {
    await waitFor(() => readTrackedProcess(host.lab, supervisorId(host)) === undefined, {
      what: `${host.name} to switch itself off`,
      timeoutMs: graceMs,
    });
  } catch (error) {
    if (!(error instanceof LabError) || error.kind !== 'timeout') throw error;
  }
  await killHost(host);
};

/** Cuts a host's power: every process of it at once. Its disk stays. */
export const killHost = async (host: LabHost): Promise<void> => {
  await killCgroups(host.lab, host.name);
  await stopTracked(host.lab, supervisorId(host));
};

/** Lets a host reboot itself, as `systemctl reboot` on it does, and waits until it is running again. */
export const rebootHost = async (host: LabHost): Promise<void> => {
  const former = readLeader(host);
  await tryExecOnHost(host, ['systemctl', 'reboot']);
  await waitUntilRunning(host, former);
};
