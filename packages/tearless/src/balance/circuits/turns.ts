// Whose turn it is to use a circuit: a bound for all frontends together, so that guards see little and a thousand frontends do
// not publish at one instant. The loss of a worker goes first, then other rounds, then what has begun, then looks at workers.
import type { Clock } from '../../base/clock.ts';
import { type BucketRules, fillBucket, fullBucket, type TokenBucket, takeToken, waitForToken } from './token-bucket.ts';

/**
 * `loss` waits for no token of the budget, but uses one, and goes beyond the bound of circuits up to twice: directories that hang
 * hold theirs for long. `round` waits for both. The others are no uploads and need no token: `check` brings to its end what has
 * begun, the look at what a directory took or the second one at a worker, so that it does not wait behind thousands of `look`s.
 */
export type Urgency = 'loss' | 'round' | 'check' | 'look';

const order: readonly Urgency[] = ['loss', 'round', 'check', 'look'];

export interface TurnRules {
  /** Circuits at once. */
  readonly mostAtOnce: number;
  readonly uploads: BucketRules;
}

/** Few services need few; guards see no more of ours at once than this. */
export const turnRulesFor = (frontends: number): TurnRules => ({
  mostAtOnce: Math.min(16, 4 + Math.floor(frontends / 20)),
  uploads: { perSecond: 8, most: 40 },
});

interface Waiting {
  readonly start: () => void;
}

export class Turns {
  readonly #rules: TurnRules;
  readonly #clock: Clock;
  readonly #queues: Readonly<Record<Urgency, Set<Waiting>>> = {
    loss: new Set(),
    round: new Set(),
    check: new Set(),
    look: new Set(),
  };
  #bucket: TokenBucket;
  #running = 0;
  #isWaitingForToken = false;

  constructor(rules: TurnRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
    this.#bucket = fullBucket(rules.uploads, clock.now());
  }

  /** Resolves to the function that gives the turn back; rejects with the signal's reason when aborted while waiting. */
  take(urgency: Urgency, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const queue = this.#queues[urgency];
      const stop = (): void => {
        queue.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          queue.delete(waiting);
          signal.removeEventListener('abort', stop);
          this.#running += 1;
          if (urgency === 'loss' || urgency === 'round') this.#bucket = takeToken(this.#bucket);
          let isHeld = true;
          resolve(() => {
            if (!isHeld) return;
            isHeld = false;
            this.#running -= 1;
            this.#serve();
          });
        },
      };
      queue.add(waiting);
      signal.addEventListener('abort', stop, { once: true });
      this.#serve();
    });
  }

  #serve(): void {
    this.#bucket = fillBucket(this.#bucket, this.#rules.uploads, this.#clock.now());
    for (const urgency of order) {
      const most = this.#rules.mostAtOnce * (urgency === 'loss' ? 2 : 1);
      for (const waiting of this.#queues[urgency]) {
        if (this.#running >= most) break;
        if (urgency === 'round' && waitForToken(this.#bucket, this.#rules.uploads) > 0) {
          this.#waitForToken();
          break;
        }
        waiting.start();
      }
    }
  }

  #waitForToken(): void {
    if (this.#isWaitingForToken) return;
    this.#isWaitingForToken = true;
    void this.#clock.sleep(waitForToken(this.#bucket, this.#rules.uploads)).then(() => {
      this.#isWaitingForToken = false;
      this.#serve();
    });
  }
}
