// What a tor has at hand is counted before and after something is done to its process, over one control connection: one that was there
// before has to be there afterwards.
import type { StepContext } from '../../change/step.ts';
import { withControl, withPatientControl } from '../../daemon/control.ts';
import { findLosses, takeCensus } from './census.ts';

/**
 * A tor that does not answer yet is waited for. From then on nothing is tried again, whatever fails: what was done to a process may not
 * be done to it twice.
 * @returns what was lost, for people
 * @throws what `act` throws; HostError and TorError where tor does not answer
 */
export const actBetweenCounts = async (
  context: Pick<StepContext, 'host' | 'signal' | 'clock'>,
  instance: string,
  act: () => Promise<void>,
): Promise<string[]> => {
  await withPatientControl(context, instance, takeCensus);
  return await withControl(context, instance, async (controller) => {
    const before = await takeCensus(controller);
    await act();
    return findLosses(before, await takeCensus(controller));
  });
};
