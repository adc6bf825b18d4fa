// The step that lets the host's own tor judge a text before it stands in the torrc, as the user that tor has there: unlike
// verify-config.ts, which asks as whoever we log in as, it can look into directories of onion services. Changes nothing.
import { z } from 'zod';
import type { StepKind } from '../../change/step.ts';
import { DaemonError } from '../daemon-error.ts';
import { instancePaths } from '../instance.ts';
import { Instance } from '../params.ts';
import { concealWords } from '../secret-options.ts';
import { complaints } from './verify-config.ts';

const Params = z.object({ instance: Instance, content: z.string() });
type Params = z.output<typeof Params>;

/** `tor.check-torrc` */
export const checkTorrcStep: StepKind<Params, null> = {
  kind: 'tor.check-torrc',
  role: 'state',
  params: Params,
  memory: z.null(),
  check: async () => false,
  remember: async () => null,
  do: async () => {},
  verify: async ({ host, signal }, { instance, content }) => {
    const { torrcPath } = instancePaths(instance);
    const { stdout } = await host.call('torrc-check', { args: [instance], input: content, signal });
    const text = Buffer.from(stdout).toString().trimEnd();
    const at = text.lastIndexOf('\n');
    const said = complaints(text.slice(0, Math.max(at, 0)));
    if (text.slice(at + 1) === '0') return { verified: true, warnings: said };
    throw new DaemonError({
      kind: 'refused',
      code: 'daemon-torrc-refused',
      place: 'host',
      subject: `${host.name}:${torrcPath}`,
      message: `tor on ${host.name} refuses what ${torrcPath} shall say: ${said.at(-1) ?? (concealWords(text.slice(0, Math.max(at, 0)).trim()) || `exit ${text.slice(at + 1)}`)}`,
      hint: 'mend tearless.yaml; the running tor was not touched',
    });
  },
  undo: async () => {},
};
