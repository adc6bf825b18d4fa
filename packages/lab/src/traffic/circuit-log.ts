// What one tor says about its circuits and streams, kept so that the path of every request is known. Takes parsed events;
// talks to nobody.
import type { CircEvent } from '@tearless/tor/control/event/circ.ts';
import type { StreamEvent } from '@tearless/tor/control/event/stream.ts';

export type CircuitState = {
  id: string;
  /** Fingerprints of the hops that are there, first hop first; after the end those that were. */
  path: readonly string[];
  purpose: string | undefined;
  /** `FAILED` when it never was whole, `CLOSED` when it was. */
  status: string;
  endedMs?: number;
  reason?: string;
};

export type StreamState = {
  id: string;
  status: string;
  circuitId: string | undefined;
  reason?: string;
};

const ended = (status: string): boolean => status === 'FAILED' || status === 'CLOSED';

const reasonOf = ({ reason, remoteReason }: { reason: string | undefined; remoteReason: string | undefined }) =>
  [reason, remoteReason].filter((part) => part !== undefined).join('/');

export class CircuitLog {
  readonly #circuits = new Map<string, CircuitState>();
  /** By SOCKS user name, which is a different one for each attempt. */
  readonly #streams = new Map<string, StreamState>();
  readonly #waiting = new Set<() => void>();

  take(event: CircEvent | StreamEvent, atMs: number): void {
    if (event.type === 'CIRC') this.#takeCircuit(event, atMs);
    else this.#takeStream(event);
    for (const look of [...this.#waiting]) look();
  }

  #takeCircuit(event: CircEvent, atMs: number): void {
    const path = event.path.flatMap(({ fingerprint }) => fingerprint ?? []);
    const { id, status, purpose } = event;
    const state: CircuitState = { id, path, purpose, status };
    this.#circuits.set(id, ended(status) ? { ...state, endedMs: atMs, reason: reasonOf(event) } : state);
  }

  #takeStream(event: StreamEvent): void {
    const { socksUsername: name, id, status, circuitId } = event;
    if (name === undefined) return;
    const before = this.#streams.get(name);
    const state: StreamState = { id, status, circuitId: circuitId ?? before?.circuitId };
    this.#streams.set(name, ended(status) || status === 'DETACHED' ? { ...state, reason: reasonOf(event) } : state);
  }

  circuit(id: string): CircuitState | undefined {
    return this.#circuits.get(id);
  }

  stream(socksUsername: string): StreamState | undefined {
    return this.#streams.get(socksUsername);
  }

  /** The circuits of a purpose that ended between two moments. */
  endedBetween(purpose: string, fromMs: number, toMs: number): CircuitState[] {
    return [...this.#circuits.values()].filter(
      (circuit) =>
        circuit.purpose === purpose &&
        circuit.endedMs !== undefined &&
        fromMs <= circuit.endedMs &&
        circuit.endedMs <= toMs,
    );
  }

  /**
   * Resolves with what `probe` gives as soon as that is not undefined; asks after every event.
   * @throws the signal's reason when aborted
   */
  wait<T>(probe: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const settle = () => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => {
        settle();
        reject(signal.reason);
      };
      const look = () => {
        const value = probe();
        if (value === undefined) return;
        settle();
        resolve(value);
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', abort, { once: true });
      look();
    });
  }

  /** Drops what ended before a moment: a run of hours must not grow without end. */
  forgetBefore(beforeMs: number): void {
    for (const [id, { endedMs }] of this.#circuits) {
      if (endedMs !== undefined && endedMs < beforeMs) this.#circuits.delete(id);
    }
  }

  forgetStream(socksUsername: string): void {
    this.#streams.delete(socksUsername);
  }
}
