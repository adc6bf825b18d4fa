// What a client gets of its network comes through here: a SOCKS server (RFC 1928) on loopback that lets the bytes of relays through a
// few at a time, and no more from the moment on that a test has chosen. What the client sends is let through always.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Less than a cell: nothing is told in one piece that tor tells in two. */
const pieceBytes = 256;
const version = 5;
const none = 0;
const ipv4 = 1;
/** What never comes is a failure, not a reason to wait on. */
const closeWithinMs = 10 * 60_000;

export class Gate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes of relays, in the order in which they came. */
  readonly #queue: { readonly to: Socket; readonly bytes: Buffer }[] = [];
  #isDue: (() => Promise<boolean>) | undefined;
  #held = Promise.withResolvers<void>();
  #isHeld = false;
  #isPumping = false;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => void this.#serve(client).catch(() => client.destroy()));
  }

  static async start(): Promise<Gate> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server);
  }

  /** A line of torrc. */
  get torrc(): string {
    return `Socks5Proxy 127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Closes as soon as `isDue` says so; it is asked after each piece.
   * @returns resolves when it is closed; rejects with what `isDue` threw, or when ten minutes have passed
   */
  closeWhen(isDue: () => Promise<boolean>): Promise<void> {
    const held = Promise.withResolvers<void>();
    this.#isDue = isDue;
    this.#held = held;
    const late = () => held.reject(new Error(`the gate did not close within ${closeWithinMs / 60_000} min`));
    const timer = setTimeout(late, closeWithinMs);
    const closed = held.promise.finally(() => clearTimeout(timer));
    closed.catch(() => {}); // whoever asked waits for it a little later
    return closed;
  }

  /** Lets piece after piece through again, until it is to close once more. */
  goOn(): void {
    this.#isHeld = false;
    void this.#pump();
  }

  /** Lets everything through again. */
  open(): void {
    this.#isDue = undefined;
    this.goOn();
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    const greeting = await read(client, 2);
    await read(client, greeting[1] ?? 0);
    client.write(Buffer.of(version, none));
    const request = await read(client, 4);
    if (request[3] !== ipv4) throw new Error('the relays of a lab have IPv4 addresses');
    const [address, port] = [await read(client, 4), await read(client, 2)];
    const relay = connect(port.readUInt16BE(), address.join('.'));
    this.#keep(relay);
    await once(relay, 'connect');
    client.write(Buffer.of(version, none, 0, ipv4, 0, 0, 0, 0, 0, 0));
    client.on('data', (bytes) => relay.write(bytes));
    relay.on('data', (bytes) => {
      this.#queue.push({ to: client, bytes });
      void this.#pump();
    });
    client.on('close', () => relay.destroy());
    relay.on('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let next = this.#take(); next !== undefined; next = this.#take()) {
        next.to.write(next.bytes);
        if ((await this.#isDue?.()) !== true) continue;
        this.#isHeld = true;
        this.#held.resolve();
      }
    } catch (error) {
      this.#held.reject(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #take(): { readonly to: Socket; readonly bytes: Buffer } | undefined {
    const next = this.#isHeld ? undefined : this.#queue.shift();
    if (next === undefined || this.#isDue === undefined || next.bytes.length <= pieceBytes) return next;
    this.#queue.unshift({ to: next.to, bytes: next.bytes.subarray(pieceBytes) });
    return { to: next.to, bytes: next.bytes.subarray(0, pieceBytes) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held.resolve();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** So many bytes, and none that come after them. */
const read = async (socket: Socket, length: number): Promise<Buffer> => {
  for (;;) {
    const bytes: Buffer | null = length === 0 ? Buffer.alloc(0) : socket.read(length);
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
};
