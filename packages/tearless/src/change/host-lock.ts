// The lock on a target host: JSON that names the run and its holder, kept by the host itself.
import { z } from 'zod';
import type { CallOptions, Host } from '../host/host.ts';
import { Holder, isSameHolder, readHolderState, renderHolder } from '../store/holder.ts';
import { ChangeError } from './change-error.ts';
import { judgeHostRun, readHostJournal } from './host-journal.ts';

export const HostLock = z.object({
  run: z.string(),
  fleet: z.string(),
  sinceMs: z.number(),
  holder: Holder,
});
export type HostLock = z.infer<typeof HostLock>;

const decoder = new TextDecoder();

/** Undefined when nobody holds it. @throws HostError, ChangeError `change-lock-unreadable` */
export const readHostLock = async (host: Host, options: CallOptions = {}): Promise<HostLock | undefined> => {
  const text = decoder.decode((await host.call('lock-show', options)).stdout).trim();
  if (text === '') return undefined;
  try {
    return HostLock.parse(JSON.parse(text));
  } catch (error) {
    throw new ChangeError({
      kind: 'protocol',
      code: 'change-lock-unreadable',
      place: 'host',
      message: `the lock on ${host.name} does not say who holds it`,
      hint: 'use the version of Tearless that took it',
      subject: host.name,
      cause: error,
    });
  }
};

/** A lock as one who meets it sees it. */
export interface LockView {
  /** Whether the process that took it still works. */
  readonly holder: 'alive' | 'gone' | 'elsewhere';
  /** Whether its run left anything to be finished: one that never began can be neither resumed nor undone. */
  readonly hasBegun: boolean;
}

const hintOf = (run: string, { holder, hasBegun }: LockView): string => {
  if (holder === 'alive') return 'wait until it has finished, or stop it with Ctrl-C there';
  if (!hasBegun)
    return holder === 'gone'
      ? 'that run never began here: `tearless apply` takes the lock'
      : 'that run never began here: once you know that its process is gone, `tearless apply --take-over` takes the lock';
  return `finish it first: \`tearless run resume ${run}\` or \`tearless run undo ${run}\`${
    holder === 'elsewhere' ? ' (with --take-over once you know that its process is gone)' : ''
  }`;
};

/** Who, where, since when, and what ends it. */
export const lockedError = (what: string, lock: Omit<HostLock, 'fleet'>, view: LockView): ChangeError =>
  new ChangeError({
    kind: 'locked',
    code: 'change-locked',
    message: `${what} is locked by run ${lock.run} of ${renderHolder(lock.holder)} since ${new Date(lock.sinceMs).toISOString()}`,
    hint: hintOf(lock.run, view),
    subject: lock.run,
  });

/** @throws HostError, ChangeError `change-journal-damaged` */
export const viewHostLock = async (host: Host, lock: HostLock, options: CallOptions = {}): Promise<LockView> => ({
  holder: readHolderState(lock.holder),
  hasBegun: judgeHostRun(await readHostJournal(host, lock.run, options)) !== 'nothing',
});

/**
 * Decides whether a run may take its own lock again from an earlier process of the same run.
 * @throws ChangeError `change-locked` while that process lives, or may live on another machine
 */
export const refuseLiveHolder = (
  what: string,
  standing: HostLock | Omit<HostLock, 'fleet'>,
  own: Holder,
  takeOver: boolean,
): void => {
  if (isSameHolder(standing.holder, own)) return;
  const state = readHolderState(standing.holder);
  if (state === 'alive' || (state === 'elsewhere' && !takeOver))
    throw lockedError(what, standing, { holder: state, hasBegun: true });
};

/**
 * Takes the host's lock for a run. Another run's lock yields when that run is finished, by the host's journal or by ours
 * (then its process could not tell the host), or when it never began on this host and its process is gone: on another
 * machine that cannot be seen, so there `takeOver` says it.
 * @param takeOver a person knows that the process which holds the lock elsewhere is gone
 * @param isFinal whether a run is finished by this operator's own store
 * @throws ChangeError `change-locked` naming the holder; HostError when the host cannot be asked
 */
export const takeHostLock = async (
  host: Host,
  lock: HostLock,
  takeOver: boolean,
  isFinal: (run: string) => Promise<boolean>,
): Promise<void> => {
  const what = `host ${host.name}`;
  const standing = await readHostLock(host);
  if (standing?.run === lock.run) refuseLiveHolder(what, standing, lock.holder, takeOver);
  else if (standing !== undefined) {
    const holder = readHolderState(standing.holder);
    const journal = judgeHostRun(await readHostJournal(host, standing.run));
    const isEnded = holder === 'gone' || isSameHolder(standing.holder, lock.holder);
    const yields =
      journal === 'final' ||
      (journal === 'nothing' && holder === 'elsewhere' && takeOver) ||
      (isEnded && (journal === 'nothing' || (await isFinal(standing.run))));
    if (!yields) throw lockedError(what, standing, { holder, hasBegun: journal !== 'nothing' });
    await host.call('lock-release', { args: [standing.run] });
  }
  try {
    await host.call('lock-take', { args: [lock.run], input: `${JSON.stringify(lock)}\n` });
  } catch (error) {
    const winner = await readHostLock(host).catch(() => undefined);
    if (winner !== undefined && winner.run !== lock.run) {
      throw lockedError(what, winner, await viewHostLock(host, winner));
    }
    throw error;
  }
};

/** Gives the host's lock up if that run holds it; another's is left alone. */
export const releaseHostLock = async (host: Host, run: string): Promise<void> => {
  await host.call('lock-release', { args: [run] });
};
