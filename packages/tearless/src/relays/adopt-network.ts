// Whether hosts belong to the public network or to a private one, by what their torrc says. Pure.
import { isDescribedError } from '../base/error.ts';
import { effectiveValues } from '../daemon/torrc-files.ts';
import type { HostFacts, InstanceFacts } from '../facts/observed.ts';

const isTesting = ({ torrc }: InstanceFacts): boolean => {
  try {
    return effectiveValues(torrc).get('TestingTorNetwork')?.at(-1) === '1';
  } catch (error) {
    if (!isDescribedError(error) || error.kind === 'bug') throw error;
    return false; // a torrc that cannot be read whole says nothing
  }
};

export const networkOf = (facts: Iterable<HostFacts>): 'public' | 'lab' =>
  [...facts].some(({ instances }) => instances.some(isTesting)) ? 'lab' : 'public';
