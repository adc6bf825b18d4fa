// A change of one file as the lines of a unified diff, for people who read a plan.
import { createTwoFilesPatch } from 'diff';

const context = 2;

/** @returns hunks and their lines, without the files' names, which a plan says already; none when the texts are equal */
export const diffLines = (before: string, after: string): string[] => {
  if (before === after) return [];
  const lines = createTwoFilesPatch('', '', before, after, '', '', { context }).split('\n');
  const firstHunk = lines.findIndex((line) => line.startsWith('@@'));
  return lines.slice(firstHunk).filter((line) => line !== '');
};
