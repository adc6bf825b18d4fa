// Streams through tor by the unix socket of its SOCKS port. The protocol is @tearless/tor's; only opening the socket is here.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectSocks as connectThrough } from '@tearless/tor/socks/connect.ts';
import type { SocksTarget } from '@tearless/tor/socks/negotiate.ts';

/**
 * Opens a stream through tor.
 * @returns the connected socket, paused
 * @throws TorError with tor's answer; a system error when the socket is not there; the signal's reason when aborted
 */
export const connectSocks = async (socketPath: string, target: SocksTarget, signal: AbortSignal): Promise<Socket> => {
  signal.throwIfAborted();
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  }
  return connectThrough(socket, target, signal);
};
