// Tries again while a host cannot be reached, within a limit. What was begun there is unknown until it answers.
import { isUnreachable } from './change-error.ts';
import { nextPause, type Session } from './session.ts';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Calls `act` until it succeeds or fails for another reason than reach. `act` starts from the journal's state each time.
 * @param progress how far it is; when it got further, the host was there meanwhile, and its absence counts anew
 * @throws the last error when the host stays away longer than the limit, or a person stops the run
 */
export const withRetries = async <T>(
  session: Session,
  at: { readonly host: string; readonly item: string },
  progress: () => string,
  act: () => Promise<T>,
): Promise<T> => {
  const { clock, limits } = session;
  let firstMs: number | undefined;
  let pauseMs: number | undefined;
  for (;;) {
    const before = progress();
    try {
      return await act();
    } catch (error) {
      if (!isUnreachable(error) || session.stop.aborted || session.journal.broken() !== undefined) throw error;
      if (progress() !== before) firstMs = undefined;
      firstMs ??= clock.now();
      const givingUpInMs = firstMs + limits.unreachableMs - clock.now();
      if (givingUpInMs <= 0) throw error;
      pauseMs = Math.min(nextPause(limits.unreachableBackoff, pauseMs), givingUpInMs);
      session.journal.tell({
        kind: 'host.unreachable',
        ...at,
        message: messageOf(error),
        retryInMs: pauseMs,
        givingUpInMs,
      });
      try {
        await clock.sleep(pauseMs, session.stop);
      } catch {
        throw error; // Stopped while waiting: the host's absence is what the item ends with.
      }
    }
  }
};
