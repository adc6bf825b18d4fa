// Locks on hosts: whose they are, and whether somebody left one behind.
import { isDescribedError } from '../../../base/error.ts';
import { type HostLock, readHostLock } from '../../../change/host-lock.ts';
import { readHolderState, renderHolder } from '../../../store/holder.ts';
import { type Check, found } from '../check.ts';
import type { CommandContext } from '../context.ts';
import type { Hosts } from '../hosts.ts';

/** @param state whether the process that took it still works */
export const judgeLock = (host: string, lock: HostLock, state: 'alive' | 'gone' | 'elsewhere'): Check => {
  const { run } = lock;
  const who = `run ${run} of ${renderHolder(lock.holder)} since ${new Date(lock.sinceMs).toISOString()}`;
  if (state === 'alive')
    return found('note', 'lock', host, {
      code: 'lock-held',
      message: `is locked by ${who}, which goes on`,
      hint: `'tearless run follow ${run}'`,
    });
  if (state === 'elsewhere')
    return found('note', 'lock', host, {
      code: 'lock-elsewhere',
      message: `is locked by ${who}, on another machine`,
      hint: `ask there; once its process is gone, 'tearless run undo ${run} --take-over'`,
    });
  return found('problem', 'lock', host, {
    code: 'lock-left-behind',
    message: `is locked by ${who}, whose process is gone`,
    hint: `'tearless run resume ${run}' goes on, 'tearless run undo ${run}' takes it back; both end the lock`,
  });
};

/** @param names hosts whose helper answers */
export const checkLocks = async (hosts: Hosts, names: readonly string[], context: CommandContext): Promise<Check[]> => {
  const checks = await Promise.all(
    names.map(async (name): Promise<Check[]> => {
      try {
        const lock = await readHostLock(hosts.get(name), { signal: context.signal });
        return lock === undefined ? [] : [judgeLock(name, lock, readHolderState(lock.holder))];
      } catch (error) {
        if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
        return [found('problem', 'lock', name, error)];
      }
    }),
  );
  return checks.flat();
};
