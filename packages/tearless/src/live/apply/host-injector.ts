// The way to the injector of a host: plans go there signed, and its helper lets only such through.
import type { CallResult } from '../../host/host.ts';
import type { InjectorDoor } from '../inject/run-injector.ts';
import { callSigned, type SigningKey } from '../keys/call-signed.ts';
import { namespaces } from '../keys/namespaces.ts';
import type { LiveContext } from './read-running.ts';

export interface Signing extends SigningKey {
  /** Of the injector that shall run. */
  readonly injectorSha256: string;
  /** @throws LiveError `live-injector-changed` where it is not at hand any more */
  readonly readInjector: () => Uint8Array;
}

export const injectorPath = '/usr/local/lib/tearless/live/injector';

/** Programs are megabytes, and some hosts far away. */
export const installTimeoutMs = 10 * 60_000;

export const isInjectorThere = async ({ host }: LiveContext, sha256: string): Promise<boolean> => {
  const entry = await host.stat(injectorPath);
  return entry?.type === 'file' && entry.sha256 === sha256;
};

/** That the injector that is meant lies there: another machine, or another version of Tearless, may have put its own in its place. */
export const bringInjector = async (context: LiveContext, signing: Signing): Promise<void> => {
  if (await isInjectorThere(context, signing.injectorSha256)) return;
  await callSigned(context, signing, {
    namespace: namespaces.build,
    verb: 'live-install',
    args: ['injector'],
    content: signing.readInjector(),
    timeoutMs: installTimeoutMs,
  });
};

/** A pause, and the time to find it, take seconds. */
const timeoutMs = 180_000;

/** @throws HostError `host-live-untrusted` for a plan that is not signed by somebody whom the host trusts */
export const hostInjector = (context: LiveContext, instance: string, signing: Signing): InjectorDoor => ({
  host: context.host.name,
  inject: async (mode, plan, options): Promise<CallResult> => {
    const numbers = options.filter((option) => /^\d+$/.test(option));
    const { stdout, stderr } = await callSigned(context, signing, {
      namespace: namespaces.plan,
      verb: 'live-inject',
      args: [instance, mode, signing.injectorSha256, ...numbers],
      content: plan,
      timeoutMs,
    });
    const text = new TextDecoder().decode(stdout).trimEnd();
    const end = text.lastIndexOf('\n') + 1;
    return { exitCode: Number(text.slice(end)), stdout: Buffer.from(text.slice(0, end)), stderr };
  },
});
