// For tests: the other end of a control connection, in memory, that answers as the test says. Not part of the library.
import { type Duplex, duplexPair } from 'node:stream';
import { Controller, type OpenOptions } from '../controller.ts';

/** Lines to send for a command line; undefined leaves it to the test. */
export type Script = (command: string) => string | undefined;

export class ScriptedPeer {
  /** Our end: what the controller is opened on. */
  readonly stream: Duplex;
  /** Every line received, in order. */
  readonly received: string[] = [];
  readonly #far: Duplex;
  readonly #script: Script;
  #buffer = '';
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(script: Script = () => undefined) {
    [this.stream, this.#far] = duplexPair();
    this.#script = script;
    this.#far.on('data', (chunk: Buffer) => this.#data(chunk.toString()));
    this.#far.on('error', () => {});
  }

  /** Sends lines; the last one needs no line end. */
  send(...lines: string[]): void {
    this.#far.write(lines.map((line) => `${line}\r\n`).join(''));
  }

  /** Sends bytes as they are. */
  sendRaw(wire: string): void {
    this.#far.write(wire);
  }

  /** Hangs up after everything sent has gone out. */
  hangUp(): void {
    this.#far.end();
  }

  /** Resolves when so many lines have been received since the beginning. */
  async receivedLines(count: number): Promise<readonly string[]> {
    if (this.received.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.received;
  }

  #data(text: string): void {
    this.#buffer += text;
    for (let at = this.#buffer.indexOf('\r\n'); at !== -1; at = this.#buffer.indexOf('\r\n')) {
      const line = this.#buffer.slice(0, at);
      this.#buffer = this.#buffer.slice(at + 2);
      this.received.push(line);
      const answer = this.#script(line);
      if (answer !== undefined) this.send(...answer.split('\n'));
    }
    const [ready, waiting] = [
      this.#waiting.filter(({ count }) => count <= this.received.length),
      this.#waiting.filter(({ count }) => count > this.received.length),
    ];
    this.#waiting = waiting;
    for (const { resolve } of ready) resolve();
  }
}

const opening: Script = (command) => {
  if (command === 'PROTOCOLINFO 1')
    return '250-PROTOCOLINFO 1\n250-AUTH METHODS=NULL\n250-VERSION Tor="0.4.9.11"\n250 OK';
  if (command === 'AUTHENTICATE') return '250 OK';
  return undefined;
};

/** A controller that is open, and the peer whose two opening lines have been answered and dropped from `received`. */
export async function openScripted(
  script: Script = () => undefined,
  options: OpenOptions = {},
): Promise<{ controller: Controller; peer: ScriptedPeer }> {
  const peer = new ScriptedPeer((command) => opening(command) ?? script(command));
  const controller = await Controller.open(peer.stream, options);
  peer.received.length = 0;
  return { controller, peer };
}
