// Circuits of one path that a client is asked for, many at a time, and what becomes of them. control-spec §3.10, §4.1.1
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { CircEvent } from '@tearless/tor/control/event/circ.ts';
import type { EventStream } from '@tearless/tor/control/subscriptions.ts';

const withinMs = 5 * 60_000;

export class Circuits implements AsyncDisposable {
  readonly #client: Controller;
  readonly #path: readonly string[];
  readonly #events: EventStream<CircEvent>;
  readonly #built = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #followed: Promise<void>;

  private constructor(client: Controller, path: readonly string[], events: EventStream<CircEvent>) {
    this.#client = client;
    this.#path = path;
    this.#events = events;
    this.#followed = this.#follow();
    this.#followed.catch(() => {}); // told when it is disposed of
  }

  /** @param path relays as a controller names them */
  static async of(client: Controller, path: readonly string[]): Promise<Circuits> {
    const events = client.events('CIRC');
    await events.ready;
    return new Circuits(client, path, events);
  }

  async #follow(): Promise<void> {
    for await (const { status, id } of this.#events) {
      if (status === 'BUILT') this.#built.add(id);
      else if (status === 'CLOSED' || status === 'FAILED') this.#lost.add(id);
    }
  }

  ask(count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.#client.extendCircuit({ path: [...this.#path] })));
  }

  /** Until all of them are built; also one that was lost afterwards is. */
  async built(ids: readonly string[], what: string): Promise<void> {
    await waitFor(() => ids.every((id) => this.#built.has(id)), { what, timeoutMs: withinMs });
  }

  /** Each by one relay, and until they are built again. */
  async extend(ids: readonly string[], relay: string): Promise<void> {
    for (const id of ids) this.#built.delete(id);
    await Promise.all(ids.map((circuitId) => this.#client.extendCircuit({ circuitId, path: [relay] })));
    await this.built(ids, 'circuits, one hop longer');
  }

  lostOf(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#lost.has(id));
  }

  /** Those that are still there. */
  async close(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#client.closeCircuit(id).catch(() => {})));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events[Symbol.asyncDispose]();
    await this.#followed;
  }
}
