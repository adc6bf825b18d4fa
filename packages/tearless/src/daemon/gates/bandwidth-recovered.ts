// `tor.bandwidth-recovered`: bytes a second are back above a part of what they were at the same hour before. Public network
// only: a lab has no steady traffic.

import type { Controller } from '@tearless/tor/control/controller.ts';
import { z } from 'zod';
import type { GateKind, StepContext } from '../../change/step.ts';
import { withPatientControl } from '../control.ts';
import { Instance } from '../params.ts';
import { passed, readByControl, waiting } from './reading.ts';

const Params = z.object({
  instance: Instance,
  baselineBytesPerSecond: z.number().min(0),
  /** Part of the baseline that must be back. */
  fraction: z.number().gt(0).max(1),
  sampleMs: z.number().min(1),
});
type Params = z.output<typeof Params>;

const readTotal = async (controller: Controller): Promise<number> => {
  const [read, written] = [await controller.info('traffic/read'), await controller.info('traffic/written')];
  return read + written;
};

/** Bytes read and written a second over one sample (tor keeps totals only: GETINFO traffic/…). */
const measure = async (controller: Controller, { clock, signal }: StepContext, sampleMs: number): Promise<number> => {
  const [startMs, start] = [clock.now(), await readTotal(controller)];
  await clock.sleep(sampleMs, signal);
  const end = await readTotal(controller);
  return ((end - start) * 1000) / Math.max(1, clock.now() - startMs);
};

/** What an instance moves now; the baseline of a plan is measured with it before the restart. */
export const readBytesPerSecond = (context: StepContext, instance: string, sampleMs: number): Promise<number> =>
  withPatientControl(context, instance, (controller) => measure(controller, context, sampleMs));

const perSecond = (bytes: number): string => `${(bytes / 1e6).toPrecision(3)} MB/s`;

export const bandwidthRecoveredGate: GateKind<Params> = {
  kind: 'tor.bandwidth-recovered',
  params: Params,
  read: (context, { instance, baselineBytesPerSecond, fraction, sampleMs }) =>
    readByControl(context, instance, async (controller) => {
      const now = await measure(controller, context, sampleMs);
      const wanted = baselineBytesPerSecond * fraction;
      const evidence = { bytesPerSecond: Math.round(now), baselineBytesPerSecond };
      return now >= wanted
        ? passed(`moves ${perSecond(now)}`, evidence)
        : waiting(`moves ${perSecond(now)} of ${perSecond(wanted)}`, evidence);
    }),
};
