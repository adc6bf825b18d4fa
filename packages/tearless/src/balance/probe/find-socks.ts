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
  throw noSocks('it has none', "add 'SocksPort unix:/run/tor/socks ExtendedErrors' to its torrc");
};

const noSocks = (why: string, hint: string, cause?: unknown): BalanceError =>
  new BalanceError({
    kind: 'config',
    code: 'balance-no-socks',
    place: 'tor',
    message: `workers cannot be probed by the SOCKS port of the balancer's tor: ${why}`,
    hint,
    cause,
  });

/** Opens it once: one that this user may not open is found out now, not as the fault of workers. @throws BalanceError */
export const tryListener = async (
  streams: SocksStreams,
  listener: SocksListener,
  signal: AbortSignal,
): Promise<void> => {
  try {
    (await openSocks(streams, listener, signal)).destroy();
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw noSocks(why, 'let the user of the balancer open it, such as by WorldWritable on a unix socket', error);
  }
};

export const openSocks = (streams: SocksStreams, listener: SocksListener, signal: AbortSignal): Promise<Duplex> =>
  listener.kind === 'unix'
    ? streams.openUnix(listener.path, signal)
    : streams.openTcp(listener.host, listener.port, signal);
