// The step that lets the host's own tor judge a torrc before any running tor meets it: a SIGHUP with a bad torrc ends the
// relay, and a restart stops it first and only then finds out. Changes nothing.
import { z } from 'zod';
import type { StepKind } from '../../change/step.ts';
import { DaemonError } from '../daemon-error.ts';
import { instancePaths } from '../instance.ts';
import { Instance } from '../params.ts';
import { concealWords } from '../secret-options.ts';

const Params = z.object({ instance: Instance });
type Params = z.output<typeof Params>;

/**
 * As Debian's unit does it, but as whoever we log in as: `User` and `DataDirectory` of the real instance need root and
 * are no matter of taste. Exit 3: we may not read the files.
 */
const script = `
PATH=$PATH:/usr/sbin:/sbin
defaults=$1 torrc=$2
[ -r "$defaults" ] || defaults=/dev/null
[ -r "$torrc" ] || exit 3
exec tor --defaults-torrc "$defaults" -f "$torrc" --User '' --DataDirectory /nonexistent --PidFile '' --RunAsDaemon 0 \\
  --hush --verify-config
`;

/** What tor warns of, without secret values. */
export const complaints = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => /\[(warn|err)\]/.test(line))
    .map((line) => line.replace(/^.*?\[(?:warn|err)\]\s*/, ''))
    .filter((line) => !line.startsWith('Reading config failed'))
    .map(concealWords);

/** `tor.verify-config` */
export const verifyConfigStep: StepKind<Params, null> = {
  kind: 'tor.verify-config',
  role: 'state',
  params: Params,
  memory: z.null(),
  check: async () => false,
  remember: async () => null,
  do: async () => {},
  verify: async ({ host, signal }, { instance }) => {
    const { defaultsTorrcPath, torrcPath } = instancePaths(instance);
    const { exitCode, stdout, stderr } = await host.run(script, { args: [defaultsTorrcPath, torrcPath], signal });
    if (exitCode === 3) return { verified: false, reason: `${torrcPath} is not readable for the login user` };
    const said = complaints(Buffer.from(stdout).toString() + stderr);
    if (exitCode !== 0) {
      throw new DaemonError({
        kind: 'refused',
        code: 'daemon-torrc-refused',
        place: 'host',
        subject: `${host.name}:${torrcPath}`,
        message: `tor on ${host.name} refuses ${torrcPath}: ${said.at(-1) ?? (concealWords(stderr.trim()) || `exit ${exitCode}`)}`,
        hint: 'mend the settings in tearless.yaml; the running relay was not touched',
      });
    }
    return { verified: true, warnings: said };
  },
  undo: async () => {},
};
