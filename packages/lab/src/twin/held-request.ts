// A request to a relay's directory port that is held open while something happens: begun, gone on with a header at a time, and ended
// only at the end. Beside it whole requests are made, whose answers are the bytes that move.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export type DirectoryPlace = { readonly address: string; readonly port: number };

const path = '/tor/status-vote/current/consensus';
const openWithinMs = 120_000;
const good = /^HTTP\/1\.[01] 200 /;

const open = async ({ address, port }: DirectoryPlace): Promise<Socket> => {
  const socket = connect(port, address);
  await once(socket, 'connect', { signal: AbortSignal.timeout(openWithinMs) });
  return socket;
};

export class HeldRequest {
  readonly kind = 'directory';
  readonly name = 'a request to the directory port';
  readonly #place: DirectoryPlace;
  readonly #socket: Socket;
  #cut: string | undefined;
  #headers = 0;

  private constructor(place: DirectoryPlace, socket: Socket) {
    this.#place = place;
    this.#socket = socket;
    socket.on('error', (error) => {
      this.#cut ??= error.message;
    });
    socket.on('close', () => {
      this.#cut ??= 'closed';
    });
  }

  static async begin(place: DirectoryPlace): Promise<HeldRequest> {
    const request = new HeldRequest(place, await open(place));
    request.#socket.write(`GET ${path} HTTP/1.0\r\n`);
    return request;
  }

  get cut(): string | undefined {
    return this.#cut;
  }

  /** @throws Error when it was cut, or a whole request beside it is not answered */
  async moves(withinMs: number): Promise<void> {
    if (this.#cut !== undefined) throw new Error(this.#cut);
    this.#headers += 1;
    this.#socket.write(`X-Held: ${this.#headers}\r\n`);
    const socket = await open(this.#place);
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${withinMs / 1000} s`)), withinMs);
    try {
      socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
      const answer = await text(socket);
      if (!good.test(answer)) throw new Error(`the answer was ${answer.slice(0, 40)}`);
    } finally {
      clearTimeout(timer);
      socket.destroy();
    }
  }

  /** Ends the request that was begun first. @throws Error when it is not answered */
  async finish(): Promise<void> {
    if (this.#cut !== undefined) throw new Error(this.#cut);
    const answered = text(this.#socket);
    this.#socket.write('\r\n');
    const answer = await answered;
    if (!good.test(answer)) throw new Error(`the answer was ${answer.slice(0, 40)}`);
  }

  drop(): void {
    this.#socket.destroy();
  }
}
