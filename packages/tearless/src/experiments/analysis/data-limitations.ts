// What is wrong with the files that a report stands on, in sentences: rows that no figure holds, and times that may be off.
import { plural } from '../../report/experiment/figures.ts';
import type { ImportProblem } from '../model/import-problem.ts';
import type { Measurements } from '../model/measurements.ts';
import { formatNames } from './words.ts';

const rowsOf = (problems: readonly ImportProblem[]): number => problems.reduce((sum, { rows }) => sum + rows, 0);

export const dataLimitations = ({ problems, info }: Measurements): string[] => {
  const of = (code: ImportProblem['code']): ImportProblem[] => problems.filter((problem) => problem.code === code);
  const files = (own: readonly ImportProblem[]): string =>
    formatNames([...new Set(own.map(({ file }) => file))].sort());
  const [bad, mixed, unreadable] = [of('bad-row'), of('mixed-zones'), of('unreadable-file')];
  return [
    ...(bad.length === 0
      ? []
      : [
          `${plural(rowsOf(bad), 'row')} of ${files(bad)} could not be read and ${rowsOf(bad) === 1 ? 'is' : 'are'} in no figure.`,
        ]),
    ...(unreadable.length === 0 ? [] : [`Not read at all: ${files(unreadable)}.`]),
    ...(mixed.length === 0
      ? []
      : [
          `Some times of ${files(mixed)} carry a time zone and others do not${info.timeZone === 'naive' ? '; those without are read as UTC' : ''}: where that is wrong, instants are hours off.`,
        ]),
  ];
};
