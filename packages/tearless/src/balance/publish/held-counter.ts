// What a directory holds of the frontend: fetched back, and believed only as far as the frontend signed it.
import { parseOuter, verifyOuter } from '@tearless/tor/hsdesc/outer.ts';
import { fetchDescriptor } from '../learn/fetch-descriptor.ts';
import type { PeriodKeys } from '../model/frontend-keys.ts';
import type { PostOptions } from './post.ts';

/**
 * @returns the counter of the descriptor there
 * @throws BalanceError `balance-fetch-failed`; TorError `hsdesc-…` for what the frontend did not sign
 */
export const readCounterAt = async (
  options: Pick<PostOptions, 'controller' | 'address' | 'clock' | 'turns' | 'signal'> & { readonly keys: PeriodKeys },
  directory: string,
): Promise<bigint> => {
  const { controller, address, keys, clock, turns, signal } = options;
  const release = await turns.take('check', signal);
  try {
    const outer = parseOuter(await fetchDescriptor(controller, { address, directory, signal }));
    verifyOuter(outer, { blindedKey: keys.keys.blindedKey, nowMs: clock.now() });
    return outer.revisionCounter;
  } finally {
    release();
  }
};
