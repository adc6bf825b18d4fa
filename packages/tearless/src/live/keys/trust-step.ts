// `live.trust`: whom a host trusts to sign live updates. The new list is signed by one of those it trusts already; the first list of
// a host is root's to say.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../change/step.ts';
import type { Host } from '../../host/host.ts';
import { LiveError } from '../live-error.ts';
import { callSigned } from './call-signed.ts';
import { namespaces, type Sign } from './namespaces.ts';
import { signersStatement } from './signers.ts';

const Params = z.object({
  /** Whole. */
  signers: z.string(),
  /** What was there when it was planned. */
  former: z.string(),
  /** Of one that is trusted before and after: a file of ssh-keygen's. */
  key: z.string().startsWith('/'),
});
type Params = z.output<typeof Params>;

const Memory = z.object({ former: z.string() });
type Memory = z.output<typeof Memory>;

export const readSigners = async (host: Host): Promise<string> =>
  new TextDecoder().decode((await host.call('live-signers')).stdout);

export const trustStep = (sign: Sign): StepKind<Params, Memory> => {
  const put = async (context: StepContext, former: string, next: string, key: string): Promise<void> => {
    const content = signersStatement(former, next);
    await callSigned(context, { sign, key }, { namespace: namespaces.signers, verb: 'live-trust', args: [], content });
  };
  return {
    kind: 'live.trust',
    role: 'state',
    params: Params,
    memory: Memory,
    check: async ({ host }, { signers }) => (await readSigners(host)) === signers,
    remember: async ({ host }, { former }) => {
      if ((await readSigners(host)) === former) return { former };
      throw new LiveError({
        kind: 'refused',
        code: 'live-signers-changed',
        message: `${host.name} trusts others than when this was planned`,
        place: 'host',
        subject: host.name,
        hint: 'plan again',
      });
    },
    do: async (context, { signers, key }) => {
      const now = await readSigners(context.host);
      if (now !== signers) await put(context, now, signers, key);
    },
    verify: async ({ host }, { signers }) => {
      if ((await readSigners(host)) === signers) return { signers: signers.split('\n').length - 1 };
      throw new LiveError({
        kind: 'refused',
        code: 'live-signers-changed',
        message: `${host.name}: its list of signers is not what was just written`,
        place: 'host',
        subject: host.name,
        hint: "somebody else changes it: 'tearless live key ls' shows it now",
      });
    },
    undo: async (context, { key }, { former }) => {
      const now = await readSigners(context.host);
      if (now !== former) await put(context, now, former, key);
    },
  };
};
