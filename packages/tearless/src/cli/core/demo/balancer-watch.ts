// What a running balancer tells, as a scene needs it: the workers' states over time, and when a round with a change in it was
// at every directory.
import type { JsonObject } from '../../../base/json.ts';
import { CliError } from '../cli-error.ts';

export interface ToldRound {
  readonly atMs: number;
  readonly directories: number;
  readonly points: number;
  readonly bodies: number;
}

export interface ToldState {
  readonly worker: string;
  readonly state: string;
  readonly atMs: number;
}

/** Nothing of a scene may take longer. */
const patienceMs = 120_000;

export class BalancerWatch {
  /** Rounds of the period that clients read, which no directory missed. */
  readonly rounds: ToldRound[] = [];
  readonly states: ToldState[] = [];
  readonly #waiting = new Set<() => void>();
  #fault: unknown;

  onEvent(event: JsonObject): void {
    const { kind, atMs, worker, state, isFetched, failed, directories, points, bodies } = event;
    if (kind === 'worker.changed') {
      this.states.push({ worker: String(worker), state: String(state), atMs: Number(atMs) });
    } else if ((kind === 'round.published' || kind === 'round.kept') && isFetched === true && failed === 0) {
      const told = { directories: Number(directories), points: Number(points), bodies: Number(bodies) };
      this.rounds.push({ atMs: Number(atMs), ...told });
    } else return;
    this.#wakeAll();
  }

  /** The balancer is gone: nobody need wait any longer. */
  fail(fault: unknown): void {
    this.#fault = fault;
    this.#wakeAll();
  }

  /** The first that `find` gives. @throws CliError `demo-balancer-silent` after two minutes */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    const deadlineMs = Date.now() + patienceMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#fault !== undefined) throw this.#fault;
      const restMs = deadlineMs - Date.now();
      if (restMs <= 0)
        throw new CliError({
          kind: 'failed',
          code: 'demo-balancer-silent',
          message: `the balancer did not tell within ${patienceMs / 1000} s: ${what}`,
        });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits until a worker has come to a state after a moment, and a round with that is at every directory. */
  async untilPublished(worker: string, state: string, sinceMs: number): Promise<ToldRound> {
    const changed = await this.until(`${worker} is ${state}`, () =>
      this.states.find((told) => told.worker === worker && told.state === state && told.atMs >= sinceMs),
    );
    return this.until(`every directory knows that ${worker} is ${state}`, () =>
      this.rounds.find(({ atMs }) => atMs >= changed.atMs),
    );
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
