// Checks as people read them: one line each, and under a problem what mends it. Pure.
import type { Check, Outcome } from '../check.ts';
import type { Style } from '../style.ts';

const words: Record<Outcome, string> = { ok: 'ok', note: 'note', problem: 'problem', skipped: 'skipped' };

const paint = (outcome: Outcome, style: Style): string => {
  const word = words[outcome].padEnd(7);
  return { ok: style.good, note: style.warn, problem: style.bad, skipped: style.dim }[outcome](word);
};

const renderCheck = ({ name, subject, outcome, message, hint }: Check, nameWidth: number, style: Style): string[] => [
  `${paint(outcome, style)}  ${style.strong(
    [name, subject]
      .filter((word) => word !== '')
      .join(' ')
      .padEnd(nameWidth),
  )}  ${message}`,
  ...(hint === undefined || outcome === 'ok' ? [] : [`${' '.repeat(9)}${style.accent('do')} ${hint}`]),
];

/** All checks, then a count of what is wrong. */
export const renderChecks = (checks: readonly Check[], style: Style): string[] => {
  const nameWidth = Math.max(
    0,
    ...checks.map(({ name, subject }) => name.length + (subject === '' ? 0 : subject.length + 1)),
  );
  const problems = checks.filter(({ outcome }) => outcome === 'problem').length;
  return [
    ...checks.flatMap((check) => renderCheck(check, nameWidth, style)),
    problems === 0 ? style.good('no problems') : style.bad(`${problems} ${problems === 1 ? 'problem' : 'problems'}`),
  ];
};
