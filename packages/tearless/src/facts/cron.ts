// The jobs in cron's tables (crontab(5), and cron(8) for which files of /etc/cron.d count).
import type { CronLine, FileFacts } from './observed.ts';

const userTables = '/var/spool/cron/crontabs/';

/** The user whose table a file is; null where each line names one; undefined for what is no table. */
const tableOf = (path: string): string | null | undefined => {
  if (path.startsWith(userTables)) return path.slice(userTables.length);
  return path === '/etc/crontab' || /^\/etc\/cron\.d\/[A-Za-z0-9_-]+$/.test(path) ? null : undefined;
};

const when = '(?:@[a-z]+|(?:[0-9*][^\\s]*\\s+){2}\\S+\\s+\\S+\\s+\\S+)';
const systemJob = new RegExp(`^\\s*${when}\\s+([A-Za-z_][^\\s]*)\\s+\\S`);
const userJob = new RegExp(`^\\s*${when}\\s+\\S`);

/** The tables among the files. */
export const cronTablesOf = (files: Iterable<FileFacts>): FileFacts[] =>
  [...files].filter(({ path }) => tableOf(path) !== undefined);

/** The jobs of all tables among the files. */
export const parseCron = (files: Iterable<FileFacts>): CronLine[] => {
  const jobs: CronLine[] = [];
  for (const { path, text } of files) {
    const table = tableOf(path);
    if (table === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (/^\s*(#|$)/.test(line)) continue;
      const user = table === null ? systemJob.exec(line)?.[1] : userJob.test(line) ? table : undefined;
      if (user !== undefined) jobs.push({ path, user, line: index + 1, text: line });
    }
  }
  return jobs;
};
