// The host's clock, its boot, and how long a clock tick of /proc is.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const clock: Fact = {
  name: 'clock',
  script: `date +%s%3N
cat /proc/sys/kernel/random/boot_id
getconf CLK_TCK`,
};

export interface HostClock {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  readonly bootId: string;
  /** Clock ticks a second in /proc/PID/stat. */
  readonly ticksPerSecond: number;
}

const shapes = [
  [/^\d{13}$/, 'milliseconds since 1970'],
  [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a boot id'],
  [/^[1-9]\d{0,5}$/, 'clock ticks a second'],
] as const;

/**
 * ```
 * 1763680205123
 * 0b3f1c2e-6a0e-4a57-9a3c-0d7e5b1f7a10
 * 100
 * ```
 */
export const parseClock = (text: string): HostClock => {
  const lines = linesOf('clock', text);
  const [time = '', bootId = '', ticks = ''] = shapes.map(([shape, what], index) => {
    const line = lines[index] ?? { number: index + 1, text: '' };
    if (!shape.test(line.text)) throw unexpected('clock', line, what);
    return line.text;
  });
  return { timeMs: Number(time), bootId, ticksPerSecond: Number(ticks) };
};
