// A descriptor from one directory, by somebody who asks again where a circuit failed: that says nothing of the directory.
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { TorError } from '@tearless/tor/error.ts';
import { BalanceError } from '../../../packages/tearless/src/balance/balance-error.ts';
import { type FetchOptions, fetchDescriptor } from '../../../packages/tearless/src/balance/learn/fetch-descriptor.ts';
import { patienceMs } from './steady.ts';

const tries = 8;

/** Said by the directory itself, or by tor of what came from it. */
const isAnswer = (error: unknown): boolean =>
  error instanceof BalanceError && ['NOT_FOUND', 'BAD_DESC'].includes(error.subject ?? '');

/** @throws BalanceError as `fetchDescriptor`: where the directory has none, and what failed again and again */
export const fetchPatiently = async (
  node: Pick<NetworkNode, 'control'>,
  asked: Omit<FetchOptions, 'signal'>,
): Promise<string> => {
  const control = await node.control;
  for (let left = tries; ; left -= 1) {
    try {
      return await fetchDescriptor(control, { ...asked, signal: AbortSignal.timeout(patienceMs) });
    } catch (error) {
      const isPassing = (error instanceof BalanceError || error instanceof TorError) && !isAnswer(error);
      if (!isPassing || left === 1) throw error;
    }
  }
};
