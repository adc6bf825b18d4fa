// `live.descriptor`: the relay has told the network which version it runs now: its descriptor names it, and an authority took it.
import { z } from 'zod';
import type { GateKind } from '../../../change/step.ts';
import { passed, readByControl, waiting } from '../../../daemon/gates/reading.ts';
import { hasAcceptedDescriptor, readOwnDescriptor } from '../../../daemon/own-descriptor.ts';
import { Instance } from '../../../daemon/params.ts';

const Params = z.object({
  instance: Instance,
  /** As tor says it: `0.4.9.12`. */
  version: z.string(),
});
type Params = z.output<typeof Params>;

export const descriptorGate: GateKind<Params> = {
  kind: 'live.descriptor',
  params: Params,
  read: (context, { instance, version }) =>
    readByControl(context, instance, async (controller) => {
      const own = await readOwnDescriptor(controller);
      if (own === undefined) return waiting('tor has not made its descriptor yet');
      const platform = own.platform ?? '';
      const evidence = { platform, published: new Date(own.publishedMs).toISOString() };
      if (!platform.startsWith(`Tor ${version} `)) return waiting(`its descriptor still says ${platform}`, evidence);
      return (await hasAcceptedDescriptor(controller))
        ? passed(`an authority has its descriptor: ${platform}`, evidence)
        : waiting('no authority has accepted its descriptor yet', evidence);
    }),
};
