// Asks a host's helper for what it does only with a signature (host/helper/parts/87-live.sh). What is signed begins with a word that the
// host gives away for one use, the verb and its arguments: it counts there alone, once, and for nothing else.
import type { CallResult, Host } from '../../host/host.ts';
import { LiveError } from '../live-error.ts';
import { type Namespace, type Sign, withSignature } from './namespaces.ts';

/** Whose signature it is. */
export interface SigningKey {
  readonly sign: Sign;
  /** Path of the key. */
  readonly key: string;
}

export interface SignedCall {
  readonly namespace: Namespace;
  readonly verb: string;
  readonly args: readonly string[];
  readonly content: Uint8Array;
  readonly timeoutMs?: number;
}

/** Nothing else may be put before what is signed: it could make it a message to another host. */
const word = /^[0-9a-f-]{36}$/;

/** @throws HostError `host-live-untrusted`, LiveError `live-word-strange`, `live-key-unusable` */
export const callSigned = async (
  { host, signal }: { readonly host: Host; readonly signal?: AbortSignal },
  { sign, key }: SigningKey,
  { namespace, verb, args, content, timeoutMs }: SignedCall,
): Promise<CallResult> => {
  const within = signal === undefined ? {} : { signal };
  const given = new TextDecoder().decode((await host.call('live-word', within)).stdout).trimEnd();
  if (!word.test(given))
    throw new LiveError({
      kind: 'protocol',
      code: 'live-word-strange',
      message: `${host.name}: what its helper wants signed is none of its words`,
      place: 'host',
      subject: host.name,
      hint: 'nothing was signed: look at what answers there in the place of the helper',
    });
  const statement = Buffer.concat([Buffer.from(`${[given, verb, ...args].join(' ')}\n`), content]);
  const input = withSignature(await sign(namespace, statement, key), statement);
  return await host.call(verb, { args, input, ...within, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
};
