// The lock on a host: one run at a time changes it, and says who it is. It outlives connections, not its release.
import { z } from 'zod';
import type { Host } from './host.ts';
import { HostError } from './host-error.ts';

export const HostLock = z.object({
  run: z.string(),
  /** The person who runs it, for other people. */
  holder: z.string(),
  /** The machine it runs on, and its process there. */
  host: z.string(),
  pid: z.number().int(),
  /** ISO 8601, UTC. */
  since: z.string(),
});
export type HostLock = z.infer<typeof HostLock>;

const parseLock = (host: string, bytes: Uint8Array): HostLock => {
  const text = new TextDecoder().decode(bytes);
  try {
    return HostLock.parse(JSON.parse(text));
  } catch (cause) {
    throw new HostError({
      kind: 'protocol',
      code: 'host-lock-unreadable',
      message: `${host}: /var/lib/tearless/lock does not say who holds it`,
      hint: 'look at it on the host, and remove it when no run is at work',
      subject: host,
      cause,
    });
  }
};

/** Who holds the host, or undefined. */
export const readLock = async (host: Host): Promise<HostLock | undefined> => {
  const { stdout } = await host.call('lock-show');
  return stdout.length === 0 ? undefined : parseLock(host.name, stdout);
};

/**
 * Takes the host for a run; the run that holds it may take it again, which renews what the lock says.
 * @throws HostError `host-locked` (kind `locked`), its message naming the holder.
 */
export const takeLock = async (host: Host, lock: HostLock): Promise<void> => {
  try {
    await host.call('lock-take', { args: [lock.run], input: `${JSON.stringify(lock)}\n` });
  } catch (error) {
    if (!(error instanceof HostError && error.code === 'host-locked')) throw error;
    const { run, holder, host: machine, pid, since } = parseLock(host.name, error.stdout);
    throw new HostError({
      kind: 'locked',
      code: 'host-locked',
      message: `${host.name} is held by the run ${run} of ${holder} (${machine}, process ${pid}) since ${since}`,
      hint: `wait for it, or end it: \`tearless run resume ${run}\` or \`tearless run undo ${run}\``,
      subject: host.name,
      cause: error,
    });
  }
};

/** Gives the host back; false where the run did not hold it. */
export const releaseLock = async (host: Host, run: string): Promise<boolean> =>
  (await host.call('lock-release', { args: [run] })).stdout.length > 0;
