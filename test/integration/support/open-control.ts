// A control connection to a relay of a lab host that stays open: it lasts as long as the process at its other end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { readLeader } from '@tearless/lab/hosts/leader.ts';

export class OpenControl {
  readonly #socket: Socket;
  readonly #lines;

  constructor(host: LabHost, relay: string) {
    const folder = `/proc/${readLeader(host)?.pid}/root/run/tor-instances/${relay}`;
    const cookie = readFileSync(`${folder}/control.authcookie`).toString('hex');
    this.#socket = connect({ path: `${folder}/control` });
    this.#socket.on('error', () => undefined);
    this.#socket.write(`AUTHENTICATE ${cookie}\r\n`);
    this.#lines = createInterface(this.#socket)[Symbol.asyncIterator]();
  }

  /** As tor says it. Fails where the connection has ended. */
  version(): Promise<string> {
    return this.#ask('GETINFO version', /^250-version=(.*)$/);
  }

  /** An option's value, as it is in force. */
  conf(option: string): Promise<string> {
    return this.#ask(`GETCONF ${option}`, new RegExp(`^250 ${option}=(.*)$`));
  }

  async #ask(command: string, answer: RegExp): Promise<string> {
    this.#socket.write(`${command}\r\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      assert.ok(done !== true, 'tor closed the control connection');
      const [, said] = answer.exec(value) ?? [];
      if (said !== undefined) return said;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
