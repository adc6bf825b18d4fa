// Runs work side by side within bounds: so many in all, so many a host. Order of start is the order given.

export interface PoolLimits {
  readonly itemsPerHost: number;
  readonly itemsAtOnce: number;
}

/**
 * Runs `act` on every item. Resolves when all have ended; `act` must not reject for what the caller can handle:
 * the first rejection is thrown after all others have ended.
 */
export const runPool = async <T>(
  items: readonly T[],
  limits: PoolLimits,
  hostOf: (item: T) => string,
  act: (item: T) => Promise<void>,
): Promise<void> => {
  const waiting = [...items];
  const running = new Map<Promise<void>, string>();
  const errors: unknown[] = [];
  const countOf = (host: string): number => [...running.values()].filter((name) => name === host).length;
  for (;;) {
    let started = true;
    while (started && running.size < limits.itemsAtOnce) {
      started = false;
      const at = waiting.findIndex((item) => countOf(hostOf(item)) < limits.itemsPerHost);
      const [item] = at < 0 ? [] : waiting.splice(at, 1);
      if (item === undefined) break;
      started = true;
      const work: Promise<void> = act(item)
        .catch((error: unknown) => {
          errors.push(error);
        })
        .finally(() => running.delete(work));
      running.set(work, hostOf(item));
    }
    if (running.size === 0) break;
    await Promise.race(running.keys());
  }
  if (errors.length > 0) throw errors[0];
};
