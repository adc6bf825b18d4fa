// Which process serves an instance, since when, and whether it started after the files that decide how it starts changed.
import type { StepContext } from '../change/step.ts';
import type { UnitState } from '../host/host.ts';
import { DaemonError } from './daemon-error.ts';
import { instancePaths } from './instance.ts';

/** A process of a host, told apart from any later one with the same number. */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks since boot when it started. */
  readonly startTicks: number;
}

export interface InstanceState {
  readonly unit: UnitState;
  readonly bootId: string;
  /** By the host's clock, ms since 1970 UTC. */
  readonly hostTimeMs: number;
  /** The unit's main process, when there is one. */
  readonly process: (ProcessIdentity & { readonly ageMs: number; readonly startMs: number }) | undefined;
  /**
   * When what decides the next start last changed, by the host's clock: drop-ins, torrc, or systemd reading its units.
   * A process that started later carries what lies on the host.
   */
  readonly configuredMs: number;
}

/**
 * Lines: boot id, uptime, time, ticks a second, systemd's last reading of units (µs of the monotonic clock), change times
 * of the paths given (those that exist), an empty line, /proc/PID/stat. Everything in it is readable by everybody.
 */
const script = `
cat /proc/sys/kernel/random/boot_id
read -r uptime rest </proc/uptime && echo "$uptime"
date +%s.%N
getconf CLK_TCK
units=$(systemctl show --property=UnitsLoadTimestampMonotonic --value) || units=
echo "\${units:-0}"
pid=$1
shift
for path in "$@"; do
  [ ! -e "$path" ] || stat -c %.9Z -- "$path"
done
echo
[ "$pid" = 0 ] || cat "/proc/$pid/stat" 2>/dev/null || :
`;

/** Fields of /proc/PID/stat after the name in parentheses, which may hold spaces and parentheses itself; proc(5). */
const parseStartTicks = (stat: string): number | undefined => {
  const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return field !== undefined && /^\d+$/.test(field) ? Number(field) : undefined;
};

const unreadable = (host: string, what: string): DaemonError =>
  new DaemonError({
    kind: 'protocol',
    code: 'daemon-bad-process-facts',
    place: 'host',
    subject: host,
    message: `${host}: ${what} cannot be understood`,
    hint: 'the host needs /proc, systemd and coreutils as Debian has them',
  });

/**
 * Reads the unit and its main process. Two round trips; the process is undefined when it went away in between.
 * @throws HostError, DaemonError `daemon-bad-process-facts`
 */
export const readInstanceState = async (
  { host, signal }: Pick<StepContext, 'host' | 'signal'>,
  instance: string,
): Promise<InstanceState> => {
  const paths = instancePaths(instance);
  const [unit] = await host.units([paths.unit]);
  if (unit === undefined) throw unreadable(host.name, `the state of ${paths.unit}`);
  const watched = [paths.dropInDirectory, paths.dropInPath, paths.torrcPath];
  const { stdout, exitCode, stderr } = await host.run(script, { args: [String(unit.mainPid), ...watched], signal });
  const text = Buffer.from(stdout).toString();
  const end = text.indexOf('\n\n');
  const [bootId, uptime, time, ticks, unitsLoaded, ...changed] = text.slice(0, end).split('\n');
  const numbers = [uptime, time, ticks, unitsLoaded, ...changed].map(Number);
  const [uptimeSeconds = 0, timeSeconds = 0, ticksPerSecond = 0, unitsLoadedUs = 0, ...changedSeconds] = numbers;
  if (exitCode !== 0 || end < 0 || !bootId || numbers.some((value) => !Number.isFinite(value)) || ticksPerSecond <= 0)
    throw unreadable(host.name, `what it says of ${paths.unit} (${stderr.trim() || 'no message'})`);
  const hostTimeMs = timeSeconds * 1000;
  const bootMs = hostTimeMs - uptimeSeconds * 1000;
  const startTicks = unit.mainPid === 0 ? undefined : parseStartTicks(text.slice(end + 2));
  const ageMs = startTicks === undefined ? 0 : Math.max(0, uptimeSeconds * 1000 - (startTicks * 1000) / ticksPerSecond);
  return {
    unit,
    bootId,
    hostTimeMs,
    process:
      startTicks === undefined
        ? undefined
        : { bootId, pid: unit.mainPid, startTicks, ageMs, startMs: hostTimeMs - ageMs },
    configuredMs: Math.max(bootMs + unitsLoadedUs / 1000, ...changedSeconds.map((seconds) => seconds * 1000)),
  };
};

export const isSameProcess = (a: ProcessIdentity | undefined, b: ProcessIdentity | undefined): boolean =>
  a !== undefined && b !== undefined && a.bootId === b.bootId && a.pid === b.pid && a.startTicks === b.startTicks;

/** Start times are known to a clock tick (10 ms) only; a process that close to a change counts as started before it. */
const startToleranceMs = 20;

/**
 * True when the unit runs and its process started after everything that decides how it starts had its present form, because
 * somebody asked for it: one that systemd started by itself after a failure may have met the files half-way, and its
 * count of such starts would go on.
 */
export const carriesPresentConfiguration = ({ unit, process: main, configuredMs }: InstanceState): boolean =>
  unit.activeState === 'active' &&
  unit.restarts === 0 &&
  main !== undefined &&
  main.startMs > configuredMs + startToleranceMs;

/** States that pass by themselves. A unit that waits for systemd's next automatic start is not on its way. */
const isInTransition = ({ activeState, subState }: UnitState): boolean =>
  ['activating', 'deactivating', 'reloading'].includes(activeState) && subState !== 'auto-restart';

const settlePollMs = 250;

/**
 * Waits while a start or stop that somebody began goes on.
 * @throws DaemonError `daemon-unsettled` when it takes longer than `limitMs`
 */
export const readSettledState = async (
  context: StepContext,
  instance: string,
  limitMs = 400_000,
): Promise<InstanceState> => {
  const endMs = context.clock.now() + limitMs;
  for (;;) {
    const state = await readInstanceState(context, instance);
    if (!isInTransition(state.unit)) return state;
    if (context.clock.now() >= endMs) {
      throw new DaemonError({
        kind: 'timeout',
        code: 'daemon-unsettled',
        place: 'host',
        subject: context.host.name,
        message: `${state.unit.unit} on ${context.host.name} is ${state.unit.activeState} for more than ${limitMs / 1000} s`,
        hint: `look at 'systemctl status ${state.unit.unit}' there`,
        retryable: true,
      });
    }
    await context.clock.sleep(settlePollMs, context.signal);
  }
};
