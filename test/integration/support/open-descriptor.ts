// A descriptor of one of several time periods: which one a tor made it for depends on the consensus that it had then.
import { TorError } from '@tearless/tor/error.ts';
import { type DecodedDescriptor, decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import type { OnionSchedule } from '@tearless/tor/onion/schedule.ts';

/** Undefined when it is of none of the two periods that there are descriptors of. */
export const openDescriptor = (
  text: string,
  publicKey: Uint8Array,
  { first, second }: OnionSchedule,
): DecodedDescriptor | undefined => {
  for (const { period } of [first, second]) {
    try {
      return decodeDescriptor(text, { keys: deriveDescriptorKeys(publicKey, period), nowMs: Date.now() });
    } catch (error) {
      if (!(error instanceof TorError && error.code === 'hsdesc-wrong-key')) throw error;
    }
  }
  return undefined;
};
