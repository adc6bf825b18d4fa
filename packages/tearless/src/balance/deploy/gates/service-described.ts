// `balance.service-described`: tor has made a descriptor of the service with introduction points in it (GETINFO
// hs/service/desc/id, control-spec §3.9). It has one too where it publishes none. A service that clients use already must have had
// them for a while: until the balancer has published them, what clients know of this worker leads nowhere, and the next one must
// not go off yet.
import { TorError } from '@tearless/tor/error.ts';
import { openDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { parseOuter } from '@tearless/tor/hsdesc/outer.ts';
import { deriveSubcredential } from '@tearless/tor/onion/credential.ts';
import { z } from 'zod';
import type { GateKind, StepContext } from '../../../change/step.ts';
import { failed, passed, readByControl, renderMs, waiting } from '../../../daemon/gates/reading.ts';
import { Instance } from '../../../daemon/params.ts';
import { readServiceDirs } from '../service-dirs.ts';
import { Directory } from '../steps/service-dir.ts';

const Params = z.object({ instance: Instance, directory: Directory, settleMs: z.number().min(0) });
type Params = z.output<typeof Params>;

/** Of an own descriptor, whatever its period; why it cannot be read, such as for clients of the worker’s own. */
const countPoints = (text: string, publicKey: string): number | TorError => {
  try {
    const { blindedKey } = parseOuter(text);
    const identity = new Uint8Array(Buffer.from(publicKey, 'hex'));
    const keys = { blindedKey, subcredential: deriveSubcredential(identity, blindedKey) };
    return openDescriptor(text, { keys }).inner.introPoints.length;
  } catch (error) {
    if (error instanceof TorError) return error;
    throw error;
  }
};

/** When a service was first seen with introduction points, by host and directory; who resumes a run waits anew. */
const since = new WeakMap<object, Map<string, number>>();

const settledForMs = ({ host, clock }: StepContext, { instance, directory }: Params, isDescribed: boolean): number => {
  const known = since.get(host) ?? new Map<string, number>();
  since.set(host, known);
  const key = `${instance}/${directory}`;
  if (!isDescribed) known.delete(key);
  const nowMs = clock.now();
  const firstMs = known.get(key) ?? nowMs;
  if (isDescribed) known.set(key, firstMs);
  return nowMs - firstMs;
};

export const serviceDescribedGate: GateKind<Params> = {
  kind: 'balance.service-described',
  params: Params,
  read: async (context, params) => {
    const { instance, directory, settleMs } = params;
    const dir = (await readServiceDirs(context, instance)).find(({ name }) => name === directory);
    const { address, publicKey } = dir ?? {};
    if (address === undefined || publicKey === undefined) return waiting(`tor has not loaded the key of ${directory}`);
    const reading = await readByControl(context, instance, async (controller) => {
      const text = await controller.getInfo(`hs/service/desc/id/${address.replace(/\.onion$/, '')}`);
      const points = countPoints(text, publicKey);
      if (points instanceof TorError)
        return failed(`what tor has made of ${address} cannot be read: ${points.message}`, { address });
      const evidence = { address, introPoints: points };
      return points === 0
        ? waiting(`${address} has no introduction points yet`, evidence)
        : passed(`${address} has ${points} introduction points`, evidence);
    });
    const isDescribed = reading.state === 'passed';
    const forMs = settledForMs(context, params, isDescribed);
    if (!isDescribed || forMs >= settleMs) return reading;
    return waiting(`${reading.message}; clients learn of them within ${renderMs(settleMs - forMs)}`, reading.evidence);
  },
};
