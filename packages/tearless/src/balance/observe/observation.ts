// What the events of a balancer come to: counts since it began, and how things stand now. No clock, no I/O; status.ts and
// metrics.ts show it.
import type { BalanceEvent, StandingRound } from '../run/event.ts';

/** Upper bounds in seconds of the histogram of build times; the last bucket has no bound. */
export const buildBoundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

export interface ObservedWorker {
  /** With `.onion`. */
  readonly address: string;
  state: string;
  points: number;
  /** When a good descriptor of it came last. */
  heardMs: number | null;
  /** When it last had other introduction points than before. */
  changedMs: number | null;
}

export interface ObservedFrontend {
  /** `running`, or why nothing new is published: `all-out`, `keys-ended`. */
  service: string;
  readonly workers: Map<string, ObservedWorker>;
  /** By period; the newest two are current. */
  readonly rounds: Map<number, StandingRound>;
  readonly uploads: { verified: number; uploaded: number; failed: number };
  roundsPublished: number;
  /** Rounds that were due and could not be made. */
  roundsFailed: number;
}

const services = {
  'frontend.all-out': 'all-out',
  'frontend.keys-ended': 'keys-ended',
  'frontend.recovered': 'running',
} as const;

/** A service publishes for two periods at a time. */
const periodsAtOnce = 2;

export class Observation {
  state = 'connecting';
  stateWhy: string | null = null;
  readonly frontends = new Map<string, ObservedFrontend>();
  /** Descriptors that were not taken, by the code of the error. */
  readonly refused = new Map<string, number>();
  /** Rounds by build time: one count for each bound, and one for those above all. */
  readonly builds = { counts: new Array<number>(buildBoundsSeconds.length + 1).fill(0), sumSeconds: 0 };

  /** @param atMs when it happened */
  take(event: BalanceEvent, atMs: number): void {
    switch (event.kind) {
      case 'balancer.state-changed':
        [this.state, this.stateWhy] = [event.state, event.why];
        break;
      case 'frontend.opened': {
        const { workers } = this.#frontend(event.frontend);
        workers.clear();
        for (const { worker, learntAtMs, ...rest } of event.workers)
          workers.set(worker, { ...rest, heardMs: learntAtMs, changedMs: learntAtMs });
        break;
      }
      case 'worker.heard':
        this.#with(event, (worker) => {
          worker.heardMs = atMs;
        });
        break;
      case 'worker.learnt':
        this.#with(event, (worker) => {
          [worker.points, worker.changedMs] = [event.points, atMs];
        });
        break;
      case 'worker.changed':
        this.#with(event, (worker) => {
          worker.state = event.state;
        });
        break;
      case 'descriptor.refused':
        this.refused.set(event.reason, (this.refused.get(event.reason) ?? 0) + 1);
        break;
      case 'round.published': {
        const frontend = this.#frontend(event.frontend);
        frontend.roundsPublished += 1;
        for (const result of ['verified', 'uploaded', 'failed'] as const)
          frontend.uploads[result] += event.uploads[result];
        this.#countBuild(event.buildMs / 1000);
        stand(frontend, event);
        break;
      }
      case 'round.kept':
        stand(this.#frontend(event.frontend), event);
        break;
      case 'frontend.all-out':
      case 'frontend.keys-ended':
      case 'frontend.recovered':
        this.#frontend(event.frontend).service = services[event.kind];
        break;
      case 'round.failed':
        this.#frontend(event.frontend).roundsFailed += 1;
        break;
    }
  }

  #frontend(address: string): ObservedFrontend {
    const known = this.frontends.get(address);
    if (known !== undefined) return known;
    const made: ObservedFrontend = {
      service: 'running',
      workers: new Map(),
      rounds: new Map(),
      uploads: { verified: 0, uploaded: 0, failed: 0 },
      roundsPublished: 0,
      roundsFailed: 0,
    };
    this.frontends.set(address, made);
    return made;
  }

  #with(event: { readonly frontend: string; readonly worker: string }, change: (worker: ObservedWorker) => void): void {
    const worker = this.frontends.get(event.frontend)?.workers.get(event.worker);
    if (worker !== undefined) change(worker);
  }

  #countBuild(seconds: number): void {
    const { builds } = this;
    const bucket = buildBoundsSeconds.findIndex((bound) => seconds <= bound);
    const index = bucket === -1 ? buildBoundsSeconds.length : bucket;
    builds.counts[index] = (builds.counts[index] ?? 0) + 1;
    builds.sumSeconds += seconds;
  }
}

/** The two current rounds, the one of the earlier period first. */
export const currentRounds = ({ rounds }: ObservedFrontend): StandingRound[] =>
  [...rounds.values()].sort((a, b) => a.period - b.period);

const stand = ({ rounds }: ObservedFrontend, event: StandingRound): void => {
  const { frontend, period, isFetched, publishedMs, nextMs, directories, failed, points, bodies } = event;
  // Exactly one period is what clients read.
  if (isFetched) for (const [number, round] of rounds) rounds.set(number, { ...round, isFetched: false });
  rounds.set(period, { frontend, period, isFetched, publishedMs, nextMs, directories, failed, points, bodies });
  const over = [...rounds.keys()].sort((a, b) => b - a).slice(periodsAtOnce);
  for (const number of over) rounds.delete(number);
};
