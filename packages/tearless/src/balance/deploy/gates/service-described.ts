// `balance.service-described`: tor has made a descriptor of the service with introduction points in it (GETINFO
// hs/service/desc/id, control-spec §3.9). It has one too where it publishes none.
import { openDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { parseOuter } from '@tearless/tor/hsdesc/outer.ts';
import { deriveSubcredential } from '@tearless/tor/onion/credential.ts';
import { z } from 'zod';
import type { GateKind } from '../../../change/step.ts';
import { passed, readByControl, waiting } from '../../../daemon/gates/reading.ts';
import { Instance } from '../../../daemon/params.ts';
import { readServiceDirs } from '../service-dirs.ts';
import { Directory } from '../steps/service-dir.ts';

const Params = z.object({ instance: Instance, directory: Directory });
type Params = z.output<typeof Params>;

/** Where they stand there in an own descriptor, whose period is not asked for. */
const countPoints = (text: string, publicKey: string): number => {
  const { blindedKey } = parseOuter(text);
  const identity = new Uint8Array(Buffer.from(publicKey, 'hex'));
  const keys = { blindedKey, subcredential: deriveSubcredential(identity, blindedKey) };
  return openDescriptor(text, { keys }).inner.introPoints.length;
};

export const serviceDescribedGate: GateKind<Params> = {
  kind: 'balance.service-described',
  params: Params,
  read: async (context, { instance, directory }) => {
    const dir = (await readServiceDirs(context, instance)).find(({ name }) => name === directory);
    const { address, publicKey } = dir ?? {};
    if (address === undefined || publicKey === undefined) return waiting(`tor has not loaded the key of ${directory}`);
    return readByControl(context, instance, async (controller) => {
      const text = await controller.getInfo(`hs/service/desc/id/${address.replace(/\.onion$/, '')}`);
      const points = countPoints(text, publicKey);
      const evidence = { address, introPoints: points };
      return points === 0
        ? waiting(`${address} has no introduction points yet`, evidence)
        : passed(`${address} has ${points} introduction points`, evidence);
    });
  },
};
