// The step that tells a worker which frontends it answers for: its ob_config, written by the host's helper as tor's own user.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { Instance } from '../../../daemon/params.ts';
import { BalanceError } from '../../balance-error.ts';
import { type ObConfigFile, readServiceDirs } from '../service-dirs.ts';
import { Directory } from './service-dir.ts';

const Params = z.object({
  instance: Instance,
  directory: Directory,
  content: z.string().min(1),
  mode: z.int(),
  /** What stood there when it was planned; null where nothing did. */
  expects: z.string().nullable(),
});
type Params = z.output<typeof Params>;

const Memory = z.object({ former: z.object({ text: z.string(), mode: z.int() }).nullable() });
type Memory = z.output<typeof Memory>;

const refuse = ({ host }: StepContext, { instance, directory }: Params, what: string): never => {
  throw new BalanceError({
    kind: 'refused',
    code: 'balance-ob-config-drifted',
    place: 'host',
    subject: host.name,
    message: `${host.name}: ob_config of ${directory} of tor@${instance} ${what}`,
    hint: 'look at it, put it back or plan anew; Tearless does not overwrite what it has not seen',
  });
};

const read = async (
  context: StepContext,
  { instance, directory }: Params,
): Promise<ObConfigFile | 'no directory' | undefined> => {
  const dir = (await readServiceDirs(context, instance)).find(({ name }) => name === directory);
  return dir === undefined ? 'no directory' : dir.obConfig;
};

const configure = async (
  { host, signal }: StepContext,
  { instance, directory }: Params,
  text: string,
  mode: number,
) => {
  await host.call('service-configure', { args: [instance, directory, mode.toString(8)], input: text, signal });
};

/** The text that stands there, null for none. @throws BalanceError `balance-ob-config-drifted` where it is no text */
const textOf = (
  context: StepContext,
  params: Params,
  found: ObConfigFile | 'no directory' | undefined,
): string | null => {
  if (found === 'no directory' || found === undefined) return null;
  return found.text ?? refuse(context, params, 'is no plain file');
};

export const obConfigStep: StepKind<Params, Memory> = {
  kind: 'balance.ob-config',
  role: 'state',
  params: Params,
  memory: Memory,
  check: async (context, params) => {
    const found = await read(context, params);
    return found !== 'no directory' && found?.text === params.content;
  },
  remember: async (context, params) => {
    const found = await read(context, params);
    const text = textOf(context, params, found);
    if (text !== params.expects && text !== params.content) refuse(context, params, 'was changed by someone else');
    return { former: text === null || typeof found !== 'object' ? null : { text, mode: found.mode } };
  },
  do: async (context, params, { former }) => {
    const text = textOf(context, params, await read(context, params));
    if (text !== params.content && text !== (former?.text ?? null))
      refuse(context, params, 'was changed by someone else');
    await configure(context, params, params.content, params.mode);
  },
  verify: async (context, params) => {
    if (textOf(context, params, await read(context, params)) === params.content) return { directory: params.directory };
    return refuse(context, params, 'does not hold what was just written');
  },
  undo: async (context, params, { former }) => {
    const found = await read(context, params);
    if (found === 'no directory') return;
    const text = textOf(context, params, found);
    if (text === (former?.text ?? null)) return;
    if (text !== params.content) refuse(context, params, 'was changed by someone else');
    await configure(context, params, former?.text ?? '', former?.mode ?? params.mode);
  },
};
