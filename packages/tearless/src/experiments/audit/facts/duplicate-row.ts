// `duplicate-row`: the same relay at the same instant more than once, as import met it.
import type { ImportProblem } from '../../model/import-problem.ts';
import type { DirectCheck } from '../check.ts';
import type { Finding } from '../finding.ts';
import { count, formatCount } from '../wording.ts';

const mostLines = 50;

const sum = (problems: readonly ImportProblem[]): number => problems.reduce((rows, problem) => rows + problem.rows, 0);

const judgeFile = (file: string, duplicates: readonly ImportProblem[]): Finding => {
  const rows = sum(duplicates);
  const differing = sum(duplicates.filter(({ same }) => same === false));
  const unlike =
    differing === 0 ? '' : `; ${differing === rows ? 'all' : formatCount(differing)} of them with other figures`;
  return {
    code: 'duplicate-row',
    kind: 'fact',
    severity: 'warning',
    relays: [...new Set(duplicates.flatMap(({ relay }) => relay ?? []))].sort(),
    message: `${count(rows, 'row')} of ${file} repeat${rows === 1 ? 's' : ''} a relay at an instant that was read already${unlike}. The first row of each is kept.`,
    evidence: {
      file,
      rows,
      differing,
      lines: duplicates.slice(0, mostLines).flatMap(({ line }) => line ?? []),
    },
    exclusions: [],
  };
};

export const findDuplicateRows: DirectCheck = ({ measurements: { problems } }) =>
  [
    ...Map.groupBy(
      problems.filter(({ code }) => code === 'duplicate-row'),
      ({ file }) => file,
    ),
  ].map(([file, duplicates]) => judgeFile(file, duplicates));
