// Who gets what, and in which order: drawn from the seed alone, so that anybody can draw it again and compare.
import type { ExperimentConfig } from '../../config/schema.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';

/** A block as the configuration holds it: relays by arm. */
export type AssignedBlock = Readonly<Record<string, string>>;

/**
 * Each block draws its own order of the arms: with the names of its relays, so that it comes out the same wherever it stands.
 * @param block ids in any order; as many as there are arms
 */
export const assignBlock = (block: readonly string[], arms: readonly string[], seed: string): AssignedBlock => {
  const relays = [...block].sort();
  const drawn = shuffle(arms, randomFromSeed(`${seed}/assign/${relays.join(' ')}`));
  const byArm = new Map(relays.map((relay, index) => [drawn[index] ?? '', relay]));
  return Object.fromEntries(
    arms.flatMap((arm) => {
      const relay = byArm.get(arm);
      return relay === undefined ? [] : [[arm, relay]];
    }),
  );
};

/** Whether the blocks are as the seed gives them: nobody has moved a relay by hand. */
export const isAsDrawn = ({ arms, blocks, seed }: Pick<ExperimentConfig, 'arms' | 'blocks' | 'seed'>): boolean => {
  const names = Object.keys(arms);
  return blocks.every((block) => {
    const drawn = assignBlock(Object.values(block), names, seed);
    return Object.keys(block).length === names.length && names.every((arm) => drawn[arm] === block[arm]);
  });
};

/** One random order of all relays, control included: block by block, so that arms are interleaved at every moment. */
export const restartOrder = ({ blocks, seed }: Pick<ExperimentConfig, 'blocks' | 'seed'>): string[] => {
  const random = randomFromSeed(`${seed}/order`);
  const sorted = [...blocks].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return shuffle(sorted, random).flatMap((block) => shuffle(Object.values(block).sort(), random));
};
