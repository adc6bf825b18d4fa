// `tor.bootstrapped`: tor has what it needs to build circuits (GETINFO status/bootstrap-phase, control-spec §3.9).
import { z } from 'zod';
import type { GateKind } from '../../change/step.ts';
import { Instance } from '../params.ts';
import { passed, readByControl, waiting } from './reading.ts';

const Params = z.object({ instance: Instance });
type Params = z.output<typeof Params>;

export const bootstrappedGate: GateKind<Params> = {
  kind: 'tor.bootstrapped',
  params: Params,
  read: (context, { instance }) =>
    readByControl(context, instance, async (controller) => {
      const { progress, tag, summary } = await controller.info('status/bootstrap-phase');
      const evidence = { progress, tag: tag ?? null };
      return progress >= 100
        ? passed('bootstrapped', evidence)
        : waiting(`bootstrap ${progress} %: ${summary}`, evidence);
    }),
};
