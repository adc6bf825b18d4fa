// Whether the clients of a frontend are served as they should be, by what came of its periods.
import type { StepOutcome } from './publish-step.ts';

export type Service = 'running' | 'all-out' | 'keys-ended';

export const explanations: Readonly<Record<Service, string>> = {
  running: 'clients are served as they should be',
  'all-out': 'no worker is in: what was published last stays as it is',
  'keys-ended': 'there are no keys for a time period that has begun or comes next',
};

const worstFirst: readonly Service[] = ['keys-ended', 'all-out'];

export class ServiceWatch {
  readonly #byPeriod = new Map<number, Service>();
  #current: Service = 'running';

  get current(): Service {
    return this.#current;
  }

  note(period: number, { problem, isAllOut }: StepOutcome): void {
    this.#byPeriod.set(period, problem === 'keys-ended' ? problem : isAllOut ? 'all-out' : 'running');
  }

  /** @param periods that there are descriptors of now. @returns whether it has changed */
  decide(periods: readonly number[]): boolean {
    for (const period of this.#byPeriod.keys()) if (!periods.includes(period)) this.#byPeriod.delete(period);
    const services = [...this.#byPeriod.values()];
    const before = this.#current;
    this.#current = worstFirst.find((one) => services.includes(one)) ?? 'running';
    return this.#current !== before;
  }
}
