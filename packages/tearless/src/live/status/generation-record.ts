// Where a process has everything, as the difference that each of its updates made. Pure.
import type { Generation } from '../link/generation.ts';
import type { UpdateRecord } from './process-record.ts';

type Delta = Pick<UpdateRecord, 'addresses' | 'initial'>;

export const recordGeneration = (former: Generation, next: Generation): Delta => ({
  addresses: Object.fromEntries(
    [...next.addresses].flatMap(([key, address]) =>
      former.addresses.get(key) === address ? [] : [[key, address.toString(16)]],
    ),
  ),
  initial: Object.fromEntries(
    [...next.initial].flatMap(([key, bytes]) => {
      const was = former.initial.get(key);
      return was !== undefined && Buffer.compare(was, bytes) === 0 ? [] : [[key, Buffer.from(bytes).toString('hex')]];
    }),
  ),
});

/** @param first what the program itself brought @param updates those that it runs with */
export const restoreGeneration = (first: Generation, updates: readonly Delta[]): Generation => {
  const [addresses, initial] = [new Map(first.addresses), new Map(first.initial)];
  for (const update of updates) {
    for (const [key, hex] of Object.entries(update.addresses)) addresses.set(key, BigInt(`0x${hex}`));
    for (const [key, hex] of Object.entries(update.initial)) initial.set(key, Buffer.from(hex, 'hex'));
  }
  return { ...first, addresses, initial };
};
