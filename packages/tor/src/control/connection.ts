// One control connection over a duplex stream: commands in a queue, replies matched in order, events handed on.
// Knows bytes and messages, not what they mean. control-spec §1 (servers answer in order), §4.1 (events in between).
import type { Duplex } from 'node:stream';
import { TorError } from '../error.ts';
import { onGiveUp, type WaitOptions } from './abort.ts';
import { type Command, encodeCommand, showCommand } from './command.ts';
import { type Message, MessageDecoder, type MessageLimits } from './message.ts';
import { protocolError, shown } from './problem.ts';

export interface ConnectionOptions {
  onEvent: (event: Message) => void;
  /** Called once, when the connection is over: with the reason, or with nothing after `close`. */
  onClose: (error: TorError | undefined) => void;
  limits?: MessageLimits | undefined;
}

/** A command that was sent; it keeps its place until its reply is there, even when nobody waits any more. */
interface Pending {
  command: Command;
  /** Each does nothing after the first call of either. */
  resolve: (reply: Message) => void;
  reject: (error: TorError) => void;
}

export class Connection {
  readonly #stream: Duplex;
  readonly #options: ConnectionOptions;
  readonly #decoder: MessageDecoder;
  #pending: Pending[] = [];
  #over: { error: TorError | undefined } | undefined;

  /** Takes the stream over: reads it, writes it, destroys it in the end. */
  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#decoder = new MessageDecoder(options.limits);
    stream.on('data', (chunk: Uint8Array | string) => this.#data(chunk));
    stream.on('end', () => this.#finish(this.#peerClosed()));
    stream.on('close', () => this.#finish(this.#peerClosed()));
    stream.on('error', (error) => this.#finish(this.#peerClosed(error)));
    if (stream.destroyed || stream.readableEnded) this.#finish(this.#peerClosed(stream.errored ?? undefined));
  }

  /**
   * Sends a command at once, also while others are waiting for their replies.
   * @returns its reply, whatever its status
   * @throws TorError `control-timeout`, `control-aborted` (tor may still do it), `control-closed`, `control-bad-argument`
   */
  request(command: Command, options: WaitOptions = {}): Promise<Message> {
    return new Promise((resolve, reject) => {
      const bytes = encodeCommand(command);
      if (this.#over !== undefined) throw this.#over.error ?? closedHere();
      const pending: Pending = { command, resolve, reject };
      let gaveUp = false;
      const stop = onGiveUp(showCommand(command), options, (error) => {
        gaveUp = true;
        reject(error);
      });
      if (gaveUp) return;
      pending.resolve = (reply) => {
        stop();
        resolve(reply);
      };
      pending.reject = (error) => {
        stop();
        reject(error);
      };
      this.#pending.push(pending);
      this.#stream.write(bytes);
    });
  }

  /** Ends the connection from our side. Commands without a reply fail with `control-closed`, kind `interrupted`. */
  close(): void {
    this.#finish(undefined);
  }

  /** Ends the connection because of a problem found above. */
  fail(error: TorError): void {
    this.#finish(error);
  }

  #data(chunk: Uint8Array | string): void {
    if (this.#over !== undefined) return;
    try {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.#decoder.push(bytes, (message) => this.#message(message));
    } catch (error) {
      if (!(error instanceof TorError)) throw error;
      // Where one message ends and the next begins is lost, so is the connection.
      this.#finish(error);
    }
  }

  #message(message: Message): void {
    if (this.#over !== undefined) return;
    if (message.async) {
      this.#options.onEvent(message);
      return;
    }
    const pending = this.#pending.shift();
    if (pending === undefined) {
      const line = message.lines[0];
      throw protocolError(
        'control-unexpected-reply',
        `tor sent ${line.code} ${shown(line.text)} and nothing was asked`,
      );
    }
    pending.resolve(message);
  }

  #peerClosed(cause?: unknown): TorError {
    const [first] = this.#pending;
    const during =
      first === undefined
        ? ''
        : ` ${this.#decoder.midMessage ? 'in the middle of' : 'before'} the reply to ${showCommand(first.command)}`;
    return new TorError(`the control connection was closed by the other end${during}`, {
      kind: 'unreachable',
      code: 'control-closed',
      place: 'tor',
      hint: 'check that tor is running, then connect again',
      cause,
    });
  }

  #finish(error: TorError | undefined): void {
    if (this.#over !== undefined) return;
    this.#over = { error };
    this.#stream.destroy();
    const pending = this.#pending;
    this.#pending = [];
    for (const { reject } of pending) reject(error ?? closedHere());
    this.#options.onClose(error);
  }
}

function closedHere(): TorError {
  return new TorError('the control connection was closed here', {
    kind: 'interrupted',
    code: 'control-closed',
    place: 'local',
  });
}
