// How long a process was held, of many transitions: quantiles and a histogram for people. Pure.

/** Nearest rank. @param share 0 to 1 */
export const quantileOf = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;

/** Upper ends of classes, in microseconds; the last has none. */
const classesUs = [500, 1000, 2000, 5000, 10_000, 20_000, Number.POSITIVE_INFINITY];
const widest = 40;

const inMs = (us: number): string => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;

/** @param pausesUs of the main thread, in microseconds */
export const renderPauses = (pausesUs: readonly number[]): string[] => {
  if (pausesUs.length === 0) return ['no transition'];
  const counts = classesUs.map(
    (upper, index) => pausesUs.filter((us) => us <= upper && us > (classesUs[index - 1] ?? -1)).length,
  );
  const most = Math.max(...counts);
  const quantile = (share: number): string => inMs(quantileOf(pausesUs, share));
  return [
    `${pausesUs.length} transitions: p50 ${quantile(0.5)}, p95 ${quantile(0.95)}, p99 ${quantile(0.99)}, longest ${quantile(1)}`,
    ...classesUs.flatMap((upper, index) => {
      const count = counts[index] ?? 0;
      if (count === 0) return [];
      const label = Number.isFinite(upper) ? `up to ${upper / 1000} ms` : 'longer';
      return [`${label.padStart(14)}  ${String(count).padStart(5)}  ${'#'.repeat(Math.ceil((count / most) * widest))}`];
    }),
  ];
};
