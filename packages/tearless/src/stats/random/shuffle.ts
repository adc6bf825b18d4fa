// Random orders: of a whole list, and within blocks.
import { StatsError } from '../stats-error.ts';
import type { Random } from './random.ts';

/** Puts `items[from..to)` into a random order in place (Fisher & Yates; Durstenfeld, 1964), each order as likely. */
export const shuffleInPlace = <T>(
  items: { [index: number]: T; readonly length: number },
  random: Random,
  from = 0,
  to = items.length,
): void => {
  for (let last = to - 1; last > from; last--) {
    const other = from + random.below(last - from + 1);
    const item = items[last] as T;
    items[last] = items[other] as T;
    items[other] = item;
  }
};

/** The items in a random order, as a new list. */
export const shuffle = <T>(items: readonly T[], random: Random): T[] => {
  const result = [...items];
  shuffleInPlace(result, random);
  return result;
};

/** Indexes of each block, in order of first appearance. */
export const blockIndexes = (blocks: readonly string[]): number[][] => {
  const byBlock = new Map<string, number[]>();
  for (const [index, block] of blocks.entries()) {
    const indexes = byBlock.get(block);
    if (indexes === undefined) byBlock.set(block, [index]);
    else indexes.push(index);
  }
  return [...byBlock.values()];
};

/**
 * The labels in a random order that keeps every label inside its block: `blocks[i]` is the block of place `i`.
 * @throws StatsError when the lists differ in length.
 */
export const permuteWithinBlocks = <T>(labels: readonly T[], blocks: readonly string[], random: Random): T[] => {
  if (labels.length !== blocks.length)
    throw new StatsError('stats-lengths', `${labels.length} labels but ${blocks.length} blocks`);
  const result = [...labels];
  for (const indexes of blockIndexes(blocks)) {
    const shuffled = shuffle(indexes, random);
    for (const [place, index] of indexes.entries()) result[index] = labels[shuffled[place] ?? index] as T;
  }
  return result;
};
