// What is heard of a worker's tor by its helper, in order, for tests that wait for one thing after the other.
import { createWorkerHelper, type WayToTor } from 'tearless/balance/helper/worker-helper.ts';
import type { HelperHeard } from 'tearless/balance/model/worker-helper.ts';
import { systemClock } from 'tearless/base/clock.ts';
import { randomFromSeed } from 'tearless/stats/random/random.ts';

/** Of each service. */
export const port = 80;
export const waitMs = 5 * 60_000;

export interface Listener {
  /** The first thing that fits, of what was heard since the one that was found last. */
  until(fits: (heard: HelperHeard) => boolean): Promise<HelperHeard>;
  stop(): Promise<void>;
}

/** All that were begun: a test that fails leaves them to the end. */
const listeners: Listener[] = [];

export const stopListeners = async (): Promise<void> => {
  await Promise.all(listeners.map(({ stop }) => stop()));
};

/** @param visited the port of the service behind that is looked at; null for none */
export const listen = (
  way: WayToTor,
  instance: string,
  onionAddress: string,
  visited: number | null = port,
): Listener => {
  const all: HelperHeard[] = [];
  const ending = new AbortController();
  let wake = (): void => {};
  const helperOfWorker = createWorkerHelper({
    way,
    instance,
    onionAddress,
    port: visited ?? undefined,
    clock: systemClock,
    random: randomFromSeed(instance),
  });
  const following = helperOfWorker.follow((heard) => {
    all.push(heard);
    wake();
  }, ending.signal);
  let taken = 0;
  const until = async (fits: (heard: HelperHeard) => boolean): Promise<HelperHeard> => {
    const late = AbortSignal.timeout(waitMs);
    for (;;) {
      const found = all.findIndex((heard, index) => index >= taken && fits(heard));
      const heard = all[found];
      if (heard !== undefined) {
        taken = found + 1;
        return heard;
      }
      if (late.aborted) {
        const told = all.map((one) => (one.kind === 'descriptor' ? one.kind : JSON.stringify(one)));
        throw new Error(`it was not heard within ${waitMs / 1000} s; what was: ${told.join(' ')}`);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        late.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  };
  const stop = async (): Promise<void> => {
    ending.abort();
    await following;
  };
  const listener = { until, stop };
  listeners.push(listener);
  return listener;
};

export const isUp = ({ kind }: HelperHeard): boolean => kind === 'up';
export const isLost = ({ kind }: HelperHeard): boolean => kind === 'lost';
export const isDown = ({ kind }: HelperHeard): boolean => kind === 'down';
export const isDescriptor = ({ kind }: HelperHeard): boolean => kind === 'descriptor';
/** Down, for this reason and no other. */
export const isDownFor =
  (why: RegExp) =>
  (heard: HelperHeard): boolean =>
    heard.kind === 'down' && why.test(heard.why);
