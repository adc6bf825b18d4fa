// Where the balancer's tor takes streams: its SOCKS listeners, by its control port.
import type { Duplex } from 'node:stream';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { BalanceError } from '../balance-error.ts';

/** Opens byte streams on the machine of that tor: host's transports can. */
export interface SocksStreams {
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  openUnix(path: string, signal?: AbortSignal): Promise<Duplex>;
}

export type SocksListener =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const unixPrefix = 'unix:';
/** Who listens on all addresses listens on the own one. */
const ownAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** @param text `unix:/run/tor/socks`, `127.0.0.1:9050`, `[::1]:9050`. @returns undefined for what is none of these */
export const parseSocksListener = (text: string): SocksListener | undefined => {
  if (text.startsWith(unixPrefix)) return { kind: 'unix', path: text.slice(unixPrefix.length) };
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 0xffff) return undefined;
  return { kind: 'tcp', host: ownAddress[host] ?? host, port: Number(port) };
};

/**
 * The first that tor has; one on a unix socket before all others, as other machines cannot use it.
 * @throws BalanceError `balance-no-socks`; TorError when the control connection is gone
 */
export const findSocks = async (controller: Controller): Promise<SocksListener> => {
  const listeners = (await controller.info('net/listeners/socks')).flatMap((text) => parseSocksListener(text) ?? []);
  const found = listeners.find(({ kind }) => kind === 'unix') ?? listeners[0];
  if (found !== undefined) return found;
  throw new BalanceError({
    kind: 'config',
    code: 'balance-no-socks',
    place: 'tor',
    message: 'the tor of the balancer has no SOCKS port, so workers cannot be probed through it',
    hint: "add 'SocksPort unix:/run/tor/socks ExtendedErrors' to its torrc",
  });
};

export const openSocks = (streams: SocksStreams, listener: SocksListener, signal: AbortSignal): Promise<Duplex> =>
  listener.kind === 'unix'
    ? streams.openUnix(listener.path, signal)
    : streams.openTcp(listener.host, listener.port, signal);
