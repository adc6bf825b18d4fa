// Taking times: medians, and contenders that run in turn so that what else the machine does strikes all of them alike.

/** @throws RangeError for no values */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('a median of nothing');
  return (lower + upper) / 2;
};

/** Milliseconds that the work takes. */
export const timeMs = async (work: () => unknown): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

export type Contenders<Name extends string, Sample> = Readonly<Record<Name, (round: number) => Promise<Sample>>>;

/**
 * Runs all contenders `rounds` times, A B A B …, after `warmUps` rounds that do not count (numbered from 0 downwards; those
 * that count from 1).
 */
export const runInTurn = async <Name extends string, Sample>(
  contenders: Contenders<Name, Sample>,
  { rounds, warmUps = 1 }: { readonly rounds: number; readonly warmUps?: number },
): Promise<Record<Name, Sample[]>> => {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    for (const name of names) {
      const sample = await contenders[name](round);
      if (round > 0) samples[name].push(sample);
    }
  }
  return samples;
};
