// A stream that is held open through Tor while something happens, and carries bytes all the time: all that is sent comes back from an
// echo server, and both are hashed from end to end.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { openBody } from '../network/body.ts';

export type HeldStreamOptions = {
  /** Names its bytes. */
  readonly name: string;
  readonly blockBytes?: number;
  readonly everyMs?: number;
};

const finishWithinMs = 180_000;

export class HeldStream {
  readonly name: string;
  readonly #socket: Socket;
  readonly #sent = createHash('sha256');
  readonly #received = createHash('sha256');
  readonly #timer: NodeJS.Timeout;
  #sentBytes = 0;
  #receivedBytes = 0;
  #cut: string | undefined;
  #arrived = () => {};

  /** Takes a connected socket over. */
  constructor(socket: Socket, { name, blockBytes = 1024, everyMs = 250 }: HeldStreamOptions) {
    this.name = name;
    this.#socket = socket;
    const source = openBody(name);
    socket.on('data', (chunk: Buffer) => {
      this.#received.update(chunk);
      this.#receivedBytes += chunk.length;
      this.#arrived();
    });
    const over = (why: string) => {
      this.#cut ??= why;
      clearInterval(this.#timer);
      this.#arrived();
    };
    socket.on('error', (error) => over(error.message));
    socket.on('close', () => over('closed'));
    socket.resume();
    this.#timer = setInterval(() => {
      // What does not come back is not sent after either: memory stays bounded.
      if (this.#sentBytes - this.#receivedBytes > 64 * blockBytes) return;
      const block = source.next(blockBytes);
      this.#sent.update(block);
      this.#sentBytes += blockBytes;
      socket.write(block);
    }, everyMs);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Why it is open no more; undefined while it is. */
  get cut(): string | undefined {
    return this.#cut;
  }

  /** Resolves once more bytes have come than had when it was called. @throws Error when it is cut */
  async moves(withinMs = finishWithinMs): Promise<void> {
    const before = this.#receivedBytes;
    await this.#until(() => this.#receivedBytes > before, withinMs, `no byte came back`);
  }

  /** Waits for the rest, closes it, and compares. @throws Error naming the stream when bytes are missing or wrong */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    clearInterval(this.#timer);
    const all = () => this.#receivedBytes >= this.#sentBytes;
    await this.#until(all, finishWithinMs, `${this.#receivedBytes} of ${this.#sentBytes} bytes came back`);
    this.#socket.removeAllListeners('close').destroy();
    const [sent, received] = [this.#sent.digest('hex'), this.#received.digest('hex')];
    if (sent !== received || this.#receivedBytes !== this.#sentBytes)
      throw new Error(`${this.name}: what came back is not what was sent`);
    return { bytes: this.#receivedBytes, sha256: received };
  }

  /** Without looking at anything. */
  drop(): void {
    clearInterval(this.#timer);
    this.#socket.removeAllListeners('close').destroy();
  }

  #until(reached: () => boolean, withinMs: number, complaint: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(new Error(`${this.name}: ${complaint}`)), withinMs);
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.#arrived = () => {};
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#arrived = () => {
        if (reached()) settle();
        else if (this.#cut !== undefined)
          settle(new Error(`${this.name}: ${this.#cut} after ${this.#receivedBytes} bytes`));
      };
      this.#arrived();
    });
  }
}
