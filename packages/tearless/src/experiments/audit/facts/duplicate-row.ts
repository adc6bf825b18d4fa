// `duplicate-row`: the same relay at the same instant more than once, as import met it.
import type { ImportProblem } from '../../model/import-problem.ts';
import type { DirectCheck } from '../check.ts';
import { count } from '../wording.ts';

const mostLines = 50;

const sum = (problems: readonly ImportProblem[]): number => problems.reduce((rows, problem) => rows + problem.rows, 0);

export const findDuplicateRows: DirectCheck = ({ measurements: { problems } }) => {
  const duplicates = problems.filter(({ code }) => code === 'duplicate-row');
  if (duplicates.length === 0) return [];
  const rows = sum(duplicates);
  const differing = sum(duplicates.filter(({ same }) => same === false));
  const relays = [...new Set(duplicates.flatMap(({ relay }) => relay ?? []))].sort();
  const unlike = differing === 0 ? '' : `; ${differing} of them differ from the row before`;
  return [
    {
      code: 'duplicate-row',
      kind: 'fact',
      severity: 'warning',
      relays,
      message: `${count(rows, 'row')} repeat${rows === 1 ? 's' : ''} a relay at an instant that was read already${unlike}. The first row of each is kept.`,
      evidence: {
        rows,
        differing,
        files: [...new Set(duplicates.map(({ file }) => file))].sort(),
        lines: duplicates
          .slice(0, mostLines)
          .flatMap(({ file, line }) => (line === undefined ? [] : `${file}:${line}`)),
      },
      exclusions: [],
    },
  ];
};
