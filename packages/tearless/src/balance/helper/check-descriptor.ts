// What can be checked of a descriptor that a helper hands over, before anyone says of which time period it is: that it is one,
// within its size, and signed by the key that it names. Whose it is follows from the period, and is checked where it is decoded.
import { parseOuter, verifyOuter } from '@tearless/tor/hsdesc/outer.ts';

/**
 * - `ready`: tor has given it a counter, as it does when it would upload it
 * - `early`: tor has made it just now, and gives it a counter as soon as it has introduction points
 */
export type DescriptorCheck = 'ready' | 'early';

/**
 * @param text as `GETINFO hs/service/desc/id/…` gives it
 * @throws TorError `hsdesc-…`, `netdoc-…`
 */
export const checkDescriptor = (text: string, nowMs: number): DescriptorCheck => {
  const outer = parseOuter(text);
  verifyOuter(outer, { blindedKey: outer.blindedKey, nowMs });
  return outer.revisionCounter === 0n ? 'early' : 'ready';
};
