// Dividing a whole number of relays by percentages: the largest-remainder method (Hamilton), so that the parts add up.

/**
 * @param total how many there are to divide, a whole number ≥ 0
 * @param shares percentages by name, adding up to 100
 * @returns whole numbers by name in the same order, adding up to `total`; equal remainders go to the earlier name
 */
export const apportion = (total: number, shares: ReadonlyMap<string, number>): Map<string, number> => {
  const parts = [...shares].map(([name, percent], index) => {
    const exact = (total * percent) / 100;
    const whole = Math.floor(exact + 1e-9);
    return { name, index, whole, remainder: exact - whole };
  });
  let left = total - parts.reduce((sum, part) => sum + part.whole, 0);
  const seats = new Map(parts.map((part) => [part.name, part.whole]));
  for (const part of [...parts].sort((a, b) => b.remainder - a.remainder || a.index - b.index)) {
    if (left <= 0) break;
    seats.set(part.name, part.whole + 1);
    left -= 1;
  }
  return seats;
};
