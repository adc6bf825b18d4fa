// How many bytes come back over a stream, a sample at a time.
import type { HeldStream } from '@tearless/lab/traffic/held-stream.ts';

const everyMs = 50;

export interface Meter {
  /** Bytes a second between two moments of `performance.now()`. */
  rate(fromMs: number, toMs: number): number;
  stop(): void;
}

export const openMeter = (streams: readonly HeldStream[]): Meter => {
  const samples: { readonly atMs: number; readonly bytes: number }[] = [];
  const take = (): void => {
    const bytes = streams.reduce((all, { receivedBytes }) => all + receivedBytes, 0);
    samples.push({ atMs: performance.now(), bytes });
  };
  take();
  const timer = setInterval(take, everyMs);
  return {
    rate: (fromMs, toMs) => {
      const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
      const [first, last] = [within[0], within.at(-1)];
      if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
      return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000;
    },
    stop: () => clearInterval(timer),
  };
};
