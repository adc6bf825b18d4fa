// The k-th smallest of many numbers, and the median, without sorting them all.
import { checkCount, checkRange } from '../check.ts';

/** Reorders `numbers` so that place `k` holds what it would hold if sorted, nothing larger before it, nothing smaller after it. */
export const selectInPlace = (numbers: Float64Array, k: number): number => {
  checkRange(k, 0, numbers.length - 1, 'the place to select');
  let left = 0;
  let right = numbers.length - 1;
  while (right > left) {
    // Median of three as pivot: sorted input is common here, and would be the worst case of the first element.
    const a = numbers[left] as number;
    const b = numbers[(left + right) >>> 1] as number;
    const c = numbers[right] as number;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = left;
    let j = right;
    while (i <= j) {
      while ((numbers[i] as number) < pivot) i++;
      while ((numbers[j] as number) > pivot) j--;
      if (i > j) break;
      const swapped = numbers[i] as number;
      numbers[i] = numbers[j] as number;
      numbers[j] = swapped;
      i++;
      j--;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return numbers[k] as number;
};

/** The middle number, or the mean of the two middle ones. Reorders `numbers`. @throws StatsError when there is none. */
export const medianInPlace = (numbers: Float64Array): number => {
  checkCount(numbers.length, 1, 'the count of numbers of a median');
  const middle = numbers.length >>> 1;
  const upper = selectInPlace(numbers, middle);
  if (numbers.length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < middle; index++) lower = Math.max(lower, numbers[index] as number);
  return lower + (upper - lower) / 2;
};

/** The median, leaving the numbers as they are. */
export const median = (numbers: ArrayLike<number>): number => medianInPlace(Float64Array.from(numbers));
