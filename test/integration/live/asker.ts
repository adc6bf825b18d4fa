// Questions on a control connection of their own, whose answers name them: each must come once, in its order, and nothing else.
// control-spec §3.9 (tor names the key that it does not know).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { LoneTor } from './lone-tor.ts';

/** All of one length. */
const questionOf = (number: number): string => `question/${String(number).padStart(8, '0')}`;
const commandOf = (number: number): string => `GETINFO ${questionOf(number)}\r\n`;
export const commandBytes = commandOf(0).length;

export class Asker implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  #asked = 0;
  #answered = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface(socket)[Symbol.asyncIterator]();
  }

  static async open({ socket: path, cookie }: Pick<LoneTor, 'socket' | 'cookie'>): Promise<Asker> {
    const socket = connect(path);
    await once(socket, 'connect');
    const asker = new Asker(socket);
    socket.write(`AUTHENTICATE ${readFileSync(cookie, 'hex')}\r\n`);
    assert.equal(await asker.#line(), '250 OK');
    return asker;
  }

  /** So many more, at once. */
  ask(count: number): void {
    const commands = Array.from({ length: count }, () => commandOf(this.#asked++));
    this.#socket.write(commands.join(''));
  }

  /** Until all that was asked is answered. */
  async answered(): Promise<void> {
    for (; this.#answered < this.#asked; this.#answered++)
      assert.equal(await this.#line(), `552 Unrecognized key "${questionOf(this.#answered)}"`);
  }

  /** Nothing came behind the last answer. */
  async end(): Promise<void> {
    this.#socket.write('QUIT\r\n');
    assert.equal(await this.#line(), '250 closing connection');
    assert.equal((await this.#lines.next()).done, true);
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    assert.ok(done !== true, 'tor closed a control connection');
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}
