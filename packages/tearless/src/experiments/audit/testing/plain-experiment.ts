// An experiment in which nothing is wrong, small and without chance, for tests that put one thing wrong.
import { type BuiltExperiment, type BuiltRelay, instants } from '../../testing/build-measurements.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const startMs = Date.UTC(2026, 0, 1);
export const everyMs = 6 * hourMs;
export const count = 40;
export const gib = 2 ** 20;

const arms = ['A', 'B', 'Z'];
const perArm = 8;
const names = Array.from({ length: arms.length * perArm }, (_, index) => `relay${index}`);

/** Neighbours by name are in different arms, but not in turn either. */
const armOf = (index: number): string => arms[(index + Math.floor(index / 4)) % arms.length] ?? '';

/** A little noise that repeats nowhere: no figure of a relay equals another's. */
const noise = (relay: number, sample: number): number => Math.sin(relay * 12.9 + sample * 78.2) * 2_000;

export const plainRelay = (index: number, override: Partial<BuiltRelay> = {}): BuiltRelay => ({
  id: names[index] ?? `relay${index}`,
  arm: armOf(index),
  atMs: instants(startMs, everyMs, count),
  rssKib: Array.from({ length: count }, (_, sample) =>
    Math.round(4 * gib * (1 + 0.01 * Math.sin(index * 7.3)) + noise(index, sample)),
  ),
  flags: [4, 8].map((day) => ({
    atMs: startMs + day * dayMs,
    flags: ['Fast', 'Guard', 'HSDir', 'Running', 'V2Dir', 'Valid'],
    running: true,
  })),
  ...override,
});

/** @param change what is wrong, by the relay's place */
export const plainExperiment = (
  change: (relay: BuiltRelay, index: number) => Partial<BuiltRelay> = () => ({}),
  rest: Partial<BuiltExperiment> = {},
): BuiltExperiment => ({
  relays: names.map((_, index) => {
    const relay = plainRelay(index);
    return { ...relay, ...change(relay, index) };
  }),
  arms: arms.map((id) => ({ id })),
  ...rest,
});

/** Keeps some samples of a relay. */
export const keep = ({ atMs, rssKib }: BuiltRelay, isKept: (sample: number) => boolean): Partial<BuiltRelay> => ({
  atMs: atMs.filter((_, sample) => isKept(sample)),
  rssKib: rssKib.filter((_, sample) => isKept(sample)),
});

/** Memory of a process that was started at sample `from`. */
export const restartedAt = ({ rssKib }: BuiltRelay, from: number): Pick<BuiltRelay, 'rssKib' | 'peakKib'> => {
  const values = rssKib.map((rss = 0, sample) =>
    sample < from ? rss : Math.round(rss * (1 - 0.6 * Math.exp(-(sample - from) / 2))),
  );
  let highest = 0;
  const peaks = values.map((rss, sample) => {
    highest = Math.max(sample === from ? 0 : highest, rss);
    return highest;
  });
  return { rssKib: values, peakKib: peaks };
};
