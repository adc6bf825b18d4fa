// sshd frees a session a moment after its client has gone, or when what runs in it ends: one that it refuses now may be
// granted soon. Nothing was run in a refused session.
import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from './host-error.ts';

export const sessionRefused = 'ssh-session-refused';

const retryMs = 100;
const attempts = 50;

/** Does the work again while its session is refused; gives up with that error. */
export const againWhenRefused = async <T>(stop: AbortSignal, work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HostError && error.code === sessionRefused) || attempt === attempts) throw error;
      await delay(retryMs, undefined, { signal: stop });
    }
  }
};
