// Descriptors that helpers hand over, until they can be opened: that takes a consensus. What is taken of them is the roster's
// business.
import { defaultMaxDescriptorBytes } from '@tearless/tor/hsdesc/outer.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { isDescribedError } from '../../base/error.ts';
import type { LearnMemory } from '../learn/learn-memory.ts';
import type { Refusal } from '../learn/learn-worker.ts';
import { decodeWorker, type Learnt } from '../learn/learnt.ts';
import type { WorkerRecord } from './worker-record.ts';

export interface HandedOptions {
  readonly memory: LearnMemory;
  readonly recordOf: (worker: string) => WorkerRecord | undefined;
}

export type Opened = { readonly found: Learnt } | { readonly refusal: Refusal };

export class HandedDescriptors {
  readonly #options: HandedOptions;
  /** As the network was seen last: none before it was. */
  #periods: readonly BlindingPeriod[] = [];
  /** By worker: the last one that has not been opened. */
  readonly #waiting = new Map<string, { readonly text: string; readonly atMs: number }>();

  constructor(options: HandedOptions) {
    this.#options = options;
  }

  /** Opens it at once where it can be, as texts of all that wait would be megabytes. @returns undefined where it waits */
  hand(worker: string, text: string, atMs: number): Opened | undefined {
    if (text.length > defaultMaxDescriptorBytes) {
      const why = `${text.length} bytes; a descriptor has less than ${defaultMaxDescriptorBytes}`;
      return { refusal: { reason: 'hsdesc-too-large', why } };
    }
    this.#waiting.set(worker, { text, atMs });
    return this.#open(worker);
  }

  /** Opens what could not be opened before, one after the other. @param periods that there are descriptors of now */
  *reopen(periods: readonly BlindingPeriod[]): Generator<readonly [worker: string, opened: Opened]> {
    this.#periods = periods;
    for (const worker of this.#waiting.keys()) {
      const opened = this.#open(worker, 'last');
      if (opened !== undefined) yield [worker, opened];
    }
  }

  /** @param attempt the `last` one is with the periods of now: what is of none of them is refused */
  #open(id: string, attempt?: 'last'): Opened | undefined {
    const { memory, recordOf } = this.#options;
    const record = recordOf(id);
    const handed = this.#waiting.get(id);
    if (record === undefined || handed === undefined || this.#periods.length === 0) return undefined;
    const { text, atMs } = handed;
    const { worker, learnt: known } = record;
    try {
      const address = worker.onionAddress;
      const found = decodeWorker(text, { address, periods: this.#periods, nowMs: atMs, memory, known });
      this.#waiting.delete(id);
      return { found };
    } catch (error) {
      if (!isDescribedError(error)) throw error;
      // Of a period that has begun since the network was looked at, perhaps.
      if (error.code === 'hsdesc-wrong-key' && attempt !== 'last') return undefined;
      this.#waiting.delete(id);
      return { refusal: { reason: error.code, why: error.message } };
    }
  }
}
