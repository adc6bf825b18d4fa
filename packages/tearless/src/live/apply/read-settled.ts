// A process as its host's record says, after what was cut off on it is settled.
import type { StepContext } from '../../change/step.ts';
import { lookAt } from '../process/look.ts';
import { isPending, type UpdateRecord } from '../status/process-record.ts';
import type { LiveMeans } from './means.ts';
import { type InjectParams, signingOf } from './params.ts';
import { type Running, readRunning } from './read-running.ts';
import { settlePending } from './take-back.ts';

/** Whether all jumps of an update stand in the process. */
export const isWhole =
  (context: StepContext, instance: string) =>
  async ({ operations }: UpdateRecord): Promise<boolean> => {
    const { mappings } = await lookAt(context, instance);
    const code = mappings.filter(({ permissions }) => permissions.startsWith('r-x'));
    const jumps = operations.flatMap((one) => {
      if (!('was' in one)) return [];
      const [address, bytes] = [BigInt(`0x${one.at}`), Buffer.from(one.is, 'hex')];
      const isCode = code.some(({ from, to }) => address >= from && address + BigInt(bytes.length) <= to);
      return isCode ? [{ address, bytes }] : [];
    });
    const ranges = jumps.map(({ address, bytes }) => ({ address, lengthBytes: bytes.length }));
    const { memory } = await lookAt(context, instance, ranges);
    return jumps.every(({ address, bytes }) => Buffer.compare(memory.read(address, bytes.length), bytes) === 0);
  };

/** A process that stands as its record says, with nothing in doubt. */
export const readSettled = async (means: LiveMeans, context: StepContext, params: InjectParams): Promise<Running> => {
  const { instance } = params;
  const running = await readRunning(context, instance);
  if (!isPending(running.record)) return running;
  await settlePending(context, instance, signingOf(means, params), running, isWhole(context, instance), params);
  return readRunning(context, instance);
};
