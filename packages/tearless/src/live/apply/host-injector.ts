// The way to the injector of a host: plans go there signed, and its helper lets only such through.
import type { CallResult } from '../../host/host.ts';
import type { InjectorDoor } from '../inject/run-injector.ts';
import { namespaces, type Sign, withSignature } from '../keys/namespaces.ts';
import type { LiveContext } from './read-running.ts';

export interface Signing {
  readonly sign: Sign;
  /** Path of the key. */
  readonly key: string;
  /** Of the injector that shall run. */
  readonly injectorSha256: string;
}

/** A pause, and the time to find it, take seconds. */
const timeoutMs = 180_000;

/** @throws HostError `host-live-untrusted` for a plan that is not signed by somebody whom the host trusts */
export const hostInjector = (
  { host, signal }: LiveContext,
  instance: string,
  { sign, key, injectorSha256 }: Signing,
): InjectorDoor => ({
  host: host.name,
  inject: async (mode, plan, options): Promise<CallResult> => {
    const signature = await sign(namespaces.plan, plan, key);
    const numbers = options.filter((option) => /^\d+$/.test(option));
    const { stdout, stderr } = await host.call('live-inject', {
      args: [instance, mode, injectorSha256, ...numbers],
      input: withSignature(signature, plan),
      timeoutMs,
      signal,
    });
    const text = new TextDecoder().decode(stdout).trimEnd();
    const end = text.lastIndexOf('\n') + 1;
    return { exitCode: Number(text.slice(end)), stdout: Buffer.from(text.slice(0, end)), stderr };
  },
});
