// What a tor has at hand, as its control port counts it: to be the same after an update. Numbers and ways alone; nothing that says
// who talks to whom leaves this file.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { z } from 'zod';

export const Census = z.object({
  version: z.string(),
  circuits: z.int().nonnegative(),
  connections: z.int().nonnegative(),
  streams: z.int().nonnegative(),
  readBytes: z.number().nonnegative(),
  writtenBytes: z.number().nonnegative(),
});
export type Census = z.infer<typeof Census>;

const linesOf = (text: string): number => text.split('\n').filter((line) => line.trim() !== '').length;

/** Over one connection. */
export const takeCensus = async (controller: Controller): Promise<Census> => ({
  version: await controller.info('version'),
  circuits: linesOf(await controller.getInfo('circuit-status')),
  connections: linesOf(await controller.getInfo('orconn-status')),
  streams: linesOf(await controller.getInfo('stream-status')),
  readBytes: Number(await controller.getInfo('traffic/read')),
  writtenBytes: Number(await controller.getInfo('traffic/written')),
});

/** So many may have ended by themselves between two counts. */
const fewest = 3;
const share = 0.2;

/** What is missing after an update, for people; counters of traffic never go back. */
export const findLosses = (before: Census, after: Census): string[] => [
  ...(['circuits', 'connections', 'streams'] as const).flatMap((what) =>
    before[what] - after[what] > Math.max(fewest, before[what] * share)
      ? [`${what}: ${before[what]} before, ${after[what]} after`]
      : [],
  ),
  ...(after.readBytes < before.readBytes || after.writtenBytes < before.writtenBytes
    ? ['the counters of traffic went back: what counts is another process']
    : []),
];
