// Locks on hosts: whose they are, and whether somebody left one behind.
import { isDescribedError } from '../../../base/error.ts';
import { type HostLock, type LockView, readHostLock, viewHostLock } from '../../../change/host-lock.ts';
import { renderHolder } from '../../../store/holder.ts';
import { type Check, found } from '../check.ts';
import type { CommandContext } from '../context.ts';
import type { Hosts } from '../hosts.ts';

export const judgeLock = (host: string, lock: HostLock, { holder, hasBegun }: LockView): Check => {
  const { run } = lock;
  const who = `run ${run} of ${renderHolder(lock.holder)} since ${new Date(lock.sinceMs).toISOString()}`;
  if (holder === 'alive')
    return found('note', 'lock', host, {
      code: 'lock-held',
      message: `is locked by ${who}, which goes on`,
      hint: `'tearless run follow ${run}'`,
    });
  if (holder === 'elsewhere')
    return found('note', 'lock', host, {
      code: 'lock-elsewhere',
      message: `is locked by ${who}, on another machine`,
      hint: hasBegun
        ? `ask there; once its process is gone, 'tearless run undo ${run} --from-hosts --take-over'`
        : "ask there; that run never began here: once its process is gone, 'tearless apply --take-over' takes the lock",
    });
  return found('problem', 'lock', host, {
    code: 'lock-left-behind',
    message: `is locked by ${who}, whose process is gone`,
    hint: hasBegun
      ? `'tearless run resume ${run}' goes on, 'tearless run undo ${run}' takes it back; both end the lock`
      : `that run never began here: the next 'tearless apply' takes the lock; first finish it if 'tearless run ls' has it`,
  });
};

/** @param names hosts whose helper answers */
export const checkLocks = async (hosts: Hosts, names: readonly string[], context: CommandContext): Promise<Check[]> => {
  const checks = await Promise.all(
    names.map(async (name): Promise<Check[]> => {
      try {
        const [host, options] = [hosts.get(name), { signal: context.signal }];
        const lock = await readHostLock(host, options);
        return lock === undefined ? [] : [judgeLock(name, lock, await viewHostLock(host, lock, options))];
      } catch (error) {
        if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
        return [found('problem', 'lock', name, error)];
      }
    }),
  );
  return checks.flat();
};
