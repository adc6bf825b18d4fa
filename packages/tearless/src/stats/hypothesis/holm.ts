// Several tests at once with one error rate (Holm, "A simple sequentially rejective multiple test procedure", 1979).
import { checkRange } from '../check.ts';

/** Adjusted p values in the order given: below alpha means significant with a family-wise error of at most alpha. */
export const holm = (pValues: readonly number[]): number[] => {
  for (const p of pValues) checkRange(p, 0, 1, 'a p value');
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = largest;
  }
  return adjusted;
};
