// Ports for servers that tests start as programs of their own, and start again: chosen now, taken a while later.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the kernel gives away (ip_local_port_range): nobody gets one of these by chance. */
const [firstPort, portCount] = [12_000, 16_000];
/** Each process begins elsewhere. */
let next = process.pid * 16;

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false; // somebody listens there
  }
  server.close();
  await once(server, 'close');
  return true;
};

/** A port of 127.0.0.1 where nobody listens, and nobody will but who asked for it. */
export const ownPort = async (): Promise<number> => {
  for (;;) {
    const port = firstPort + (next++ % portCount);
    if (await isFree(port)) return port;
  }
};
