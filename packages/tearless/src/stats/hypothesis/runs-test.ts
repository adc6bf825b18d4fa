// Were relays assigned at random, or in blocks of names? The number of runs of equal arms when relays are put in some
// order that assignment should not know (name, fingerprint, port): too few runs betray blocks (Wald & Wolfowitz, "On a
// test whether two samples are from the same population", 1940; more than two kinds: Barton & David, "Multiple runs", 1957).
import { normalCdf } from '../distribution/normal.ts';
import { StatsError } from '../stats-error.ts';

export interface RunsTest {
  readonly runs: number;
  /** Mean under random assignment. */
  readonly expected: number;
  /** Probability of so few runs or fewer under random assignment. */
  readonly p: number;
  readonly method: 'exact' | 'normal';
}

/** Exact counting takes integers of n digits; beyond this length the normal approximation is as good. */
const exactLimit = 300;

const countRuns = (labels: readonly string[]): number =>
  labels.reduce((runs, label, index) => (index === 0 || label !== labels[index - 1] ? runs + 1 : runs), 0);

/** Row `n` of Pascal's triangle. */
const binomials = (n: number): bigint[] => {
  const row = [1n];
  for (let k = 1; k <= n; k++) row.push(((row[k - 1] ?? 0n) * BigInt(n - k + 1)) / BigInt(k));
  return row;
};

/**
 * Ways to arrange the labels with at most `most` runs, and in all. First every arrangement is counted once for each way
 * of cutting it into m pieces of equal labels: kind i gives `C(n_i - 1, m_i - 1)` cuts, and pieces of all kinds mix as
 * they like. An arrangement of r runs has been counted `C(n - r, m - r)` times for m pieces, which is then inverted.
 */
const countArrangements = (counts: readonly number[], most: number): { few: bigint; all: bigint } => {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const rows = Array.from({ length: n + 1 }, (_, index) => binomials(index));
  const choose = (of: number, take: number): bigint => rows[of]?.[take] ?? 0n;
  let pieces: bigint[] = [1n];
  for (const count of counts) {
    const next = new Array<bigint>(pieces.length + count).fill(0n);
    for (const [m, ways] of pieces.entries()) {
      if (ways === 0n) continue;
      for (let own = 1; own <= count; own++)
        next[m + own] = (next[m + own] ?? 0n) + ways * choose(count - 1, own - 1) * choose(m + own, own);
    }
    pieces = next;
  }
  let few = 0n;
  for (let runs = 1; runs <= most; runs++) {
    let exactly = 0n;
    for (let m = 1; m <= runs; m++) {
      const term = choose(n - m, runs - m) * (pieces[m] ?? 0n);
      exactly += (runs - m) % 2 === 0 ? term : -term;
    }
    few += exactly;
  }
  let all = 1n;
  let placed = 0;
  for (const count of counts) {
    placed += count;
    all *= choose(placed, count);
  }
  return { few, all };
};

/** A quotient of two huge integers, to double precision unless below 1e-290. */
const quotient = (numerator: bigint, denominator: bigint): number => {
  const digits = 10n ** 308n;
  return Number((numerator * digits) / denominator) / 1e308;
};

/**
 * @param labels arms in the order to judge.
 * @returns p 1 when there are fewer than two kinds: then no order is suspicious.
 * @throws StatsError without any label.
 */
export const runsTest = (labels: readonly string[]): RunsTest => {
  if (labels.length === 0) throw new StatsError('stats-too-few', 'a runs test needs at least one label');
  const byLabel = new Map<string, number>();
  for (const label of labels) byLabel.set(label, (byLabel.get(label) ?? 0) + 1);
  const counts = [...byLabel.values()];
  const n = labels.length;
  const runs = countRuns(labels);
  const squares = counts.reduce((sum, count) => sum + count ** 2, 0);
  const expected = n + 1 - squares / n;
  if (counts.length < 2) return { runs, expected, p: 1, method: 'exact' };
  if (n <= exactLimit) {
    const { few, all } = countArrangements(counts, runs);
    return { runs, expected, p: quotient(few, all), method: 'exact' };
  }
  const cubes = counts.reduce((sum, count) => sum + count ** 3, 0);
  const variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n ** 3) / (n ** 2 * (n - 1));
  const p = variance <= 0 ? 1 : normalCdf((runs + 0.5 - expected) / Math.sqrt(variance));
  return { runs, expected, p, method: 'normal' };
};
