// `--jobs`, as commands that compile take it.
import { usageError } from '../cli-error.ts';

const usual = '2';
const most = 256;

/** @throws CliError `cli-usage` */
export const readJobs = (option: string | undefined): number => {
  const jobs = Number(option ?? usual);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= most) return jobs;
  throw usageError(`--jobs ${option} is no number of compilers`, `1 to ${most}`);
};
