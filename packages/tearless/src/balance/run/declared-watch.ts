// What is declared for a frontend's descriptors, read again now and then: clients and records may be others than a while ago.
import type { FrontendConfig } from '../model/frontend-config.ts';
import { type Declared, readDeclared } from '../publish/content.ts';
import { describeDeclared } from './due.ts';
import type { Timings } from './timings.ts';

export class DeclaredWatch {
  readonly #config: FrontendConfig;
  #value: Declared = { clients: [], caa: [], isCaaCritical: false };
  #text = '';
  #dueMs = 0;

  constructor(config: FrontendConfig) {
    this.#config = config;
  }

  get value(): Declared {
    return this.#value;
  }

  /** Another one whenever the value is another. */
  get text(): string {
    return this.#text;
  }

  /** Where it is due. @returns when it is due again. @throws TorError `hsdesc-bad-value` for what is no CAA record */
  read(nowMs: number, { wishMs }: Timings): number {
    if (nowMs < this.#dueMs) return this.#dueMs;
    this.#dueMs = nowMs + wishMs;
    this.#value = readDeclared(this.#config);
    this.#text = JSON.stringify(describeDeclared(this.#value));
    return this.#dueMs;
  }
}
