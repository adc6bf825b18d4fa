// What this machine may ask us: a unix socket that only its owner and group may use, or a port of 127.0.0.1. Answers are
// texts; nothing that is sent to us changes anything.
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { HostError } from '../host-error.ts';

/** A path of a unix socket, or a port of 127.0.0.1 (0: any that is free). */
export type ListenPlace = { readonly path: string } | { readonly port: number };

export interface Listener {
  /** The port, where it is one. */
  readonly port: number | undefined;
  /** Ends connections too, and takes the socket away. */
  close(): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const mostConnections = 16;
/** Nobody may hold a connection by reading slowly or saying nothing. */
const patienceMs = 5_000;
const socketMode = 0o660;

/** Whoever connects gets the text, and the end. @throws HostError `host-listen-failed`, `host-listen-taken` */
export const serveText = async (place: ListenPlace, text: () => string): Promise<Listener> => {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // it went away: nobody is left to tell
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.resume();
    socket.end(text());
  });
  return start(server, place);
};

/** Answers GET by its path. @throws HostError `host-listen-failed`, `host-listen-taken` */
export const serveHttp = async (place: ListenPlace, answer: (path: string) => HttpAnswer): Promise<Listener> => {
  const server = createHttpServer(
    { requestTimeout: patienceMs, headersTimeout: patienceMs, connectionsCheckingInterval: patienceMs },
    (request, response) => {
      const send = ({ status, contentType, body }: HttpAnswer): void => {
        response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
      };
      const refuse = (status: number, body: string): void => send({ status, contentType: 'text/plain', body });
      request.resume();
      // A page in a browser on this machine may name a host of its own that leads here.
      if ('port' in place && !isOurName(request.headers.host)) refuse(421, 'ask for 127.0.0.1 or localhost\n');
      else if (request.method !== 'GET' && request.method !== 'HEAD') refuse(405, 'only GET\n');
      else send(answer((request.url ?? '/').split('?', 1)[0] ?? '/'));
    },
  );
  return start(server, place);
};

const isOurName = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');

const start = async (server: Server, place: ListenPlace): Promise<Listener> => {
  server.maxConnections = mostConnections;
  const connections = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  if ('path' in place) await listenAt(server, place.path);
  else await listenOn(server, { host: '127.0.0.1', port: place.port }, `port ${place.port}`);
  const address = server.address();
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
      if ('path' in place) await rm(place.path, { force: true });
    },
  };
};

/** Made in a folder of its own that nobody else enters, and moved into its place once its mode is right. */
const listenAt = async (server: Server, path: string): Promise<void> => {
  await refuseTaken(path);
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(dirname(path), '.tearless-'));
    const made = join(folder, 's');
    await listenOn(server, { path: made }, path);
    await chmod(made, socketMode);
    await rename(made, path);
  } catch (error) {
    server.close();
    throw error instanceof HostError ? error : listenFailed(path, error);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
};

const listenOn = async (server: Server, options: object, what: string): Promise<void> => {
  server.listen(options);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? taken(what, error) : listenFailed(what, error);
  }
};

/** A socket that nobody answers was left behind, and is replaced; anything else stays. */
const refuseTaken = async (path: string): Promise<void> => {
  let isSocket: boolean;
  try {
    isSocket = (await lstat(path)).isSocket();
  } catch {
    return; // what keeps us from looking keeps us from listening, which tells it
  }
  if (!isSocket) throw listenFailed(path, new Error('there is something that is no socket'));
  const probe = connect(path);
  try {
    await once(probe, 'connect');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
    throw listenFailed(path, error);
  } finally {
    probe.destroy();
  }
  throw taken(path);
};

const listenFailed = (what: string, cause: unknown): HostError =>
  new HostError({
    kind: 'failed',
    code: 'host-listen-failed',
    place: 'local',
    message: `cannot listen at ${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'name a path in a folder that exists and may be written',
    subject: what,
    cause,
  });

const taken = (what: string, cause?: unknown): HostError =>
  new HostError({
    kind: 'locked',
    code: 'host-listen-taken',
    place: 'local',
    message: `another process listens at ${what}`,
    hint: 'stop it, or name another place',
    subject: what,
    cause,
  });
