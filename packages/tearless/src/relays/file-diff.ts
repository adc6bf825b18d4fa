// A change of one file as the lines of a unified diff, for people who read a plan.
import { createTwoFilesPatch } from 'diff';

const context = 2;

/** @returns hunks and their lines without the two file headers; none when the texts are equal */
export const diffLines = (before: string, after: string): string[] => {
  if (before === after) return [];
  const patch = createTwoFilesPatch('', '', before, after, '', '', { context });
  return patch
    .split('\n')
    .filter((line) => line !== '' && !/^(=+|--- |\+\+\+ )/.test(line))
    .filter((line) => line !== '---' && line !== '+++');
};
