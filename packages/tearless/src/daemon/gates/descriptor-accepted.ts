// `tor.descriptor-accepted`: a directory authority has taken a descriptor that this process published. The event
// ACCEPTED_SERVER_DESCRIPTOR may be over before anybody listens; tor remembers it for as long as the process lives.
import { z } from 'zod';
import type { GateKind } from '../../change/step.ts';
import { hasAcceptedDescriptor, readOwnDescriptor } from '../own-descriptor.ts';
import { Instance } from '../params.ts';
import { readInstanceState } from '../process.ts';
import { passed, readByControl, renderTime, waiting } from './reading.ts';

const Params = z.object({ instance: Instance });
type Params = z.output<typeof Params>;

/** Descriptors tell their time to the second, cut off. */
const secondMs = 1_000;

export const descriptorAcceptedGate: GateKind<Params> = {
  kind: 'tor.descriptor-accepted',
  params: Params,
  read: async (context, { instance }) => {
    const { process: main, unit } = await readInstanceState(context, instance);
    if (main === undefined) return waiting(`${unit.unit} has no process`);
    return await readByControl(context, instance, async (controller) => {
      const own = await readOwnDescriptor(controller);
      if (own === undefined) return waiting('tor has not made its descriptor yet');
      const published = renderTime(own.publishedMs);
      const evidence = {
        fingerprint: own.fingerprint,
        published: new Date(own.publishedMs).toISOString(),
        started: new Date(main.startMs).toISOString(),
        digest: own.digest,
      };
      if (own.publishedMs < main.startMs - secondMs)
        return waiting(`tor’s descriptor of ${published} is older than its process`, evidence);
      return (await hasAcceptedDescriptor(controller))
        ? passed(`an authority accepted the descriptor of ${published}`, evidence)
        : waiting(`no authority has accepted the descriptor of ${published} yet`, evidence);
    });
  },
};
