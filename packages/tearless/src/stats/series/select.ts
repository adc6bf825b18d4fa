// The k-th smallest of many numbers, and the median, without sorting them all.
import { at, checkCount, checkRange } from '../check.ts';

/** Reorders `numbers` so that place `k` holds what it would hold if sorted, nothing larger before it, nothing smaller after it. */
export const selectInPlace = (numbers: Float64Array, k: number): number => {
  checkRange(k, 0, numbers.length - 1, 'the place to select');
  let left = 0;
  let right = numbers.length - 1;
  while (right > left) {
    // Median of three as pivot: sorted input is common here, and would be the worst case of the first element.
    const a = at(numbers, left);
    const b = at(numbers, (left + right) >>> 1);
    const c = at(numbers, right);
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = left;
    let j = right;
    while (i <= j) {
      while (at(numbers, i) < pivot) i++;
      while (at(numbers, j) > pivot) j--;
      if (i > j) break;
      const swapped = at(numbers, i);
      numbers[i] = at(numbers, j);
      numbers[j] = swapped;
      i++;
      j--;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return at(numbers, k);
};

/** The middle number, or the mean of the two middle ones. Reorders `numbers`. @throws StatsError when there is none. */
export const medianInPlace = (numbers: Float64Array): number => {
  checkCount(numbers.length, 1, 'the count of numbers of a median');
  const middle = numbers.length >>> 1;
  const upper = selectInPlace(numbers, middle);
  if (numbers.length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < middle; index++) lower = Math.max(lower, at(numbers, index));
  return lower + (upper - lower) / 2;
};

/** The median, leaving the numbers as they are. */
export const median = (numbers: ArrayLike<number>): number => medianInPlace(Float64Array.from(numbers));
