// Jobs of cron that belong to an experiment: by whole words and parts of paths, never by a name inside another. Pure.
import type { CronLine, HostFacts } from '../../facts/observed.ts';
import type { Leaving } from './leaving.ts';

/** Times and, in a table of the system, the user; then the command. */
const commandOf = ({ path, text }: CronLine): string => {
  const isSystem = path === '/etc/crontab' || path.startsWith('/etc/cron.d/');
  const when = '(?:@[a-z]+|(?:\\S+\\s+){4}\\S+)';
  const found = new RegExp(`^\\s*${when}\\s+${isSystem ? '\\S+\\s+' : ''}(.*)$`).exec(text);
  return found?.[1] ?? text;
};

interface Word {
  readonly text: string;
  /** What stands before it: an option, `>`, `>>`, `cd`, or the start of a command. */
  readonly before: string;
}

/** Words of a shell command, roughly: quotes removed, operators apart. Enough to tell words from parts of words. */
const wordsOf = (command: string): Word[] => {
  const words: Word[] = [];
  let before = '';
  for (const [piece] of command.matchAll(/#.*$|>>?|<|[;&|()]+|(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\;&|()<>])+/g)) {
    if (piece.startsWith('#')) break;
    if (/^[;&|()]+$/.test(piece)) {
      before = '';
      continue;
    }
    const text = piece.replace(/["']/g, '').replace(/\\(.)/g, '$1');
    const [, option, value] = /^(-{1,2}[A-Za-z][\w-]*)=(.*)$/.exec(text) ?? [];
    if (option !== undefined && value !== undefined) words.push({ text: value, before: option });
    else words.push({ text, before });
    before = text;
  }
  return words;
};

/** `2025-12-26-co-memory` is also called `co-memory`. */
const namesOf = (id: string): Set<string> => new Set([id, id.replace(/^\d{4}-\d\d-\d\d[-_]/, '')]);

const isNamed = (word: string, names: ReadonlySet<string>): boolean => word.split('/').some((part) => names.has(part));

/** Options and redirections behind which a command writes, or is told which experiment it works for. */
const writing = /^(>>?|--?(output|out|o|config|c|experiment|exp|name|group|groups))$/;

const isProgram = ({ before, text }: Word): boolean =>
  before === '' ||
  /^(sudo|nice|ionice|env|sh|bash|dash|python3?|perl|time|timeout|flock|-n\d*|\d+)$/.test(before) ||
  text === '';

/** Commands that read or copy what an experiment left rather than work for it. */
const readers = /^(rsync|cp|mv|tar|scp|zip|gzip|du|ls|cat|grep|find|rclone|restic|borg|rm|logrotate)$/;

const programsOf = (words: readonly Word[]): string[] =>
  words.flatMap(({ before, text }) =>
    before === '' && !/^\w+=/.test(text) && text !== 'cd' ? [text.split('/').at(-1) ?? ''] : [],
  );

export const discoverCron = (facts: HostFacts, experimentId: string): Leaving[] => {
  const names = namesOf(experimentId);
  const loose = [...names].at(-1) ?? experimentId;
  return facts.cron.flatMap((job): Leaving[] => {
    const words = wordsOf(commandOf(job));
    const named = words.filter(({ text }) => isNamed(text, names));
    const { path, line, text, user } = job;
    const id = `${facts.host}:${path}:${line}`;
    const table = facts.cronTables?.find((file) => file.path === path);
    if (table === undefined) return [];
    const shared = {
      id,
      host: facts.host,
      path,
      line,
      text,
      origin: 'experiment',
      action: { kind: 'cron', sha256: table.sha256 },
    } as const;
    if (named.length === 0)
      return text.includes(loose)
        ? [{ ...shared, verdict: 'ask', evidence: [`it only contains the name: no word of it is ${loose}`] }]
        : [];
    const runs = named.find(isProgram);
    const into = named.find(({ before }) => writing.test(before) || before === 'cd');
    const programs = programsOf(words);
    const program = programs.join(', ');
    const isReader = programs.some((each) => readers.test(each));
    const own = isReader ? undefined : (runs ?? into);
    if (own === undefined)
      return [
        {
          ...shared,
          verdict: 'ask',
          evidence: [`it names the experiment (${named[0]?.text}) and runs ${program}, which may be somebody else’s`],
        },
      ];
    const evidence =
      own === runs
        ? `as ${user} it runs ${own.text}, which lies in the experiment’s folder`
        : `as ${user} it runs ${program} with ${own.before} ${own.text}`;
    return [
      path === '/etc/crontab'
        ? { ...shared, verdict: 'by-hand', evidence: [evidence, 'the helper leaves /etc/crontab to its administrator'] }
        : { ...shared, verdict: 'remove', evidence: [evidence] },
    ];
  });
};
