// Groups relays into blocks of one relay an arm, so that what is known beforehand differs little inside a block: flags, tor's
// version and host are the same as far as numbers allow, memory and bandwidth are near. Pure; draws come from the seed.
import type { Random } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';

export interface BlockCandidate {
  readonly id: string;
  /** From fine to coarse: relays are matched among equals of the finest, what is left over among those of the next. */
  readonly strata: readonly string[];
  /** Before the start, in any unit; a relay that lacks one is ranked by the other. */
  readonly memory?: number;
  readonly bandwidth?: number;
}

/** Ranks from 0 to 1, equal values sharing theirs; empty where a relay has no value. */
const ranksOf = (values: readonly (number | undefined)[]): (number | undefined)[] => {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const last = Math.max(1, known.length - 1);
  return values.map((value) =>
    value === undefined ? undefined : (known.indexOf(value) + known.lastIndexOf(value)) / 2 / last,
  );
};

/** The mean of the ranks in memory and bandwidth; the middle where nothing is known. */
export const scoresOf = (candidates: readonly BlockCandidate[]): Map<string, number> => {
  const memory = ranksOf(candidates.map((candidate) => candidate.memory));
  const bandwidth = ranksOf(candidates.map((candidate) => candidate.bandwidth));
  return new Map(
    candidates.map(({ id }, index) => {
      const ranks = [memory[index], bandwidth[index]].filter((rank) => rank !== undefined);
      return [id, ranks.length === 0 ? 0.5 : ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length];
    }),
  );
};

const groupBy = (candidates: readonly BlockCandidate[], depth: number): BlockCandidate[][] => {
  const groups = new Map<string, BlockCandidate[]>();
  for (const candidate of candidates) {
    const key = JSON.stringify(candidate.strata.slice(depth));
    groups.set(key, [...(groups.get(key) ?? []), candidate]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
};

export interface Blocks {
  /** Ids; every block has `size` of them. */
  readonly blocks: readonly (readonly string[])[];
  /** Too few to fill one more block. */
  readonly left: readonly string[];
}

/**
 * @param size relays a block: the number of arms
 * @param most blocks to keep, drawn among all that could be filled; all without it
 * @param random decides which relays wait for a coarser stratum and which blocks are kept, never who gets what
 */
export const formBlocks = (
  candidates: readonly BlockCandidate[],
  size: number,
  random: Random,
  most = Number.POSITIVE_INFINITY,
): Blocks => {
  const scores = scoresOf(candidates);
  const scoreOf = ({ id }: BlockCandidate): number => scores.get(id) ?? 0;
  const blocks: string[][] = [];
  const depths = Math.max(0, ...candidates.map(({ strata }) => strata.length));
  let waiting = [...candidates].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (let depth = 0; depth <= depths && waiting.length >= size; depth++) {
    const left: BlockCandidate[] = [];
    for (const members of groupBy(waiting, depth)) {
      const excess = new Set(shuffle(members, random).slice(0, members.length % size));
      left.push(...members.filter((member) => excess.has(member)));
      const matched = members.filter((member) => !excess.has(member)).sort((a, b) => scoreOf(a) - scoreOf(b));
      for (let from = 0; from < matched.length; from += size)
        blocks.push(matched.slice(from, from + size).map(({ id }) => id));
    }
    waiting = left;
  }
  const kept = new Set(shuffle(blocks, random).slice(0, Math.min(most, blocks.length)));
  return {
    blocks: blocks.filter((block) => kept.has(block)),
    left: [...waiting.map(({ id }) => id), ...blocks.filter((block) => !kept.has(block)).flat()].sort(),
  };
};
