// Connections to a relay's port for relays and clients that get no further than TLS: they count as connections, and cost a process
// what those cost. tor ends such after a minute; they are opened again until closed.
import { connect, type TLSSocket } from 'node:tls';

export class IdleConnections {
  readonly #sockets = new Set<TLSSocket>();
  #isClosed = false;

  /** Resolves once so many are open, or none more opens. */
  async open(place: { readonly host: string; readonly port: number }, count: number): Promise<number> {
    await Promise.all(Array.from({ length: count }, () => this.#keep(place)));
    return this.#sockets.size;
  }

  #keep(place: { readonly host: string; readonly port: number }): Promise<void> {
    return new Promise((resolve) => {
      // A relay's certificate is its own, and nothing is said over it.
      const socket = connect({ ...place, rejectUnauthorized: false }, () => {
        this.#sockets.add(socket);
        resolve();
      });
      socket.on('error', () => {}); // 'close' follows
      socket.on('close', () => {
        const wasOpen = this.#sockets.delete(socket);
        if (wasOpen && !this.#isClosed) void this.#keep(place);
        resolve();
      });
      socket.resume();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}
