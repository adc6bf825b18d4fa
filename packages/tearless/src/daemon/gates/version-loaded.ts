// `tor.version-loaded`: the running tor is of the version that was installed (GETINFO version).
import { z } from 'zod';
import type { GateKind } from '../../change/step.ts';
import { Instance } from '../params.ts';
import { failed, passed, readByControl } from './reading.ts';

const Params = z.object({
  instance: Instance,
  /** As tor says it itself, without the package's revision: `0.4.9.11`. */
  version: z.string(),
});
type Params = z.output<typeof Params>;

export const versionLoadedGate: GateKind<Params> = {
  kind: 'tor.version-loaded',
  params: Params,
  read: (context, { instance, version }) =>
    readByControl(context, instance, async (controller) => {
      const running = await controller.info('version');
      const evidence = { running };
      return running === version
        ? passed(`runs tor ${running}`, evidence)
        : failed(`runs tor ${running} instead of ${version}`, evidence);
    }),
};
