// Shares places out among workers by weight, within what each must and can have. What does not divide evenly goes round:
// by systematic sampling (Madow, 1949), so that over many rounds each has exactly its share.

export interface Claim {
  readonly worker: string;
  readonly weight: number;
  /** It cannot do with fewer. */
  readonly least: number;
  /** It cannot use more. */
  readonly most: number;
  /** What it had in the layout before, when that was of the same round; else 0. */
  readonly before: number;
}

/**
 * The parts of `places` in proportion to the weights, but for those at a limit; parts need not be whole.
 * The limits must leave a way: their sums below and above `places`.
 */
export const fillByWeight = (claims: readonly Claim[], places: number): number[] => {
  const at = (level: number): number[] =>
    claims.map(({ weight, least, most }) => Math.min(most, Math.max(least, level * weight)));
  let low = 0;
  let high = Math.max(...claims.map(({ weight, most }) => most / weight));
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) < places) low = middle;
    else high = middle;
  }
  // Whole numbers must be whole, or the rounding sees a remainder that is none.
  return at(high).map((part) => (Math.abs(part - Math.round(part)) < 1e-9 ? Math.round(part) : part));
};

/** Whole parts, each next to the one that `fillByWeight` gives, with the sum `places`. */
export const apportion = (claims: readonly Claim[], places: number, round: number): number[] => {
  const parts = fillByWeight(claims, places);
  const lower = parts.map(Math.floor);
  // The golden ratio's multiples fill the interval evenly, whatever the number of rounds.
  const offset = ((round + 0.5) * 0.6180339887498949) % 1;
  let total = 0;
  const rotated = parts.map((part, index) => {
    const before = Math.floor(total + offset);
    total = index === parts.length - 1 ? places : total + part;
    return Math.floor(total + offset) - before;
  });
  // Within a round, who had the greater part keeps it.
  const open = parts.flatMap((part, index) => (part > (lower[index] ?? 0) ? [index] : []));
  const rank = (index: number): number => {
    const hadMore = (claims[index]?.before ?? 0) > (lower[index] ?? 0);
    const isDue = (rotated[index] ?? 0) > (lower[index] ?? 0);
    return (hadMore ? 0 : 2) + (isDue ? 0 : 1);
  };
  const rest = places - sum(lower);
  const greater = new Set(open.sort((a, b) => rank(a) - rank(b)).slice(0, rest));
  return lower.map((part, index) => part + (greater.has(index) ? 1 : 0));
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
