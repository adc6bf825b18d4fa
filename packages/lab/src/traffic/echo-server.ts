// A server that sends back what it gets, behind exits and onion services. On loopback only.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export type EchoServer = { close: () => Promise<void> };

/** Where onion services are behind it, the PROXY line that their tor sends first is left out. */
const echo = (socket: Socket, behindOnion: boolean): void => {
  // A connection that breaks is what the other end notices.
  socket.on('error', () => {});
  let waits = behindOnion;
  let head = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    if (waits) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n');
      if (end < 0) return;
      waits = false;
      rest = head.subarray(end + 2);
    }
    if (rest.length === 0 || socket.write(rest)) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  });
};

/** @param place an address of this machine, or a unix socket with an onion service before it */
export const startEchoServer = async (
  place: { readonly address: string; readonly port: number } | { readonly socket: string },
): Promise<EchoServer> => {
  const sockets = new Set<Socket>();
  const behindOnion = 'socket' in place;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    echo(socket, behindOnion);
  });
  if (behindOnion) server.listen(place.socket);
  else server.listen(place.port, place.address);
  await once(server, 'listening');
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
