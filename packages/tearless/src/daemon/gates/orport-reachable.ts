// `tor.orport-reachable`: tor found its own ORPorts reachable from outside since it started (it tests before it publishes).
import { z } from 'zod';
import type { GateKind } from '../../change/step.ts';
import { Instance } from '../params.ts';
import { passed, readByControl, waiting } from './reading.ts';

const Params = z.object({ instance: Instance });
type Params = z.output<typeof Params>;

export const orPortReachableGate: GateKind<Params> = {
  kind: 'tor.orport-reachable',
  params: Params,
  read: (context, { instance }) =>
    readByControl(context, instance, async (controller) =>
      (await controller.info('status/reachability-succeeded/or'))
        ? passed('the ORPorts are reachable')
        : waiting('tor has not found its ORPorts reachable yet'),
    ),
};
