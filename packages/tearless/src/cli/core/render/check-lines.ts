// Checks as people read them: one line each, and under a problem what mends it. Pure.
import type { Check, Outcome } from '../check.ts';
import type { Style } from '../style.ts';
import { withoutName } from './finding-lines.ts';

const words: Record<Outcome, string> = { ok: 'ok', note: 'note', problem: 'problem', skipped: 'skipped' };

const paint = (outcome: Outcome, style: Style): string => {
  const word = words[outcome].padEnd(7);
  return { ok: style.good, note: style.warn, problem: style.bad, skipped: style.dim }[outcome](word);
};

const renderCheck = ({ name, subject, outcome, message, hint }: Check, nameWidth: number, style: Style): string[] => {
  const title = [name, subject].filter((word) => word !== '').join(' ');
  const [first = '', ...more] = withoutName(subject, message).split('\n');
  return [
    `${paint(outcome, style)}  ${style.strong(title.padEnd(nameWidth))}  ${first}`,
    ...more.map((line) => `${' '.repeat(11 + nameWidth)}${line}`),
    ...(hint === undefined || outcome === 'ok' ? [] : [`${' '.repeat(9)}${style.accent('do')} ${hint}`]),
  ];
};

/** More of one kind than this are counted: what mends one mends the others. */
const shownOfAKind = 3;

const kindOf = ({ name, outcome, code }: Check, index: number): string =>
  outcome === 'problem' || outcome === 'note' ? `${name} ${code}` : `${index}`;

/** All checks, then a count of what is wrong. */
export const renderChecks = (checks: readonly Check[], style: Style): string[] => {
  const nameWidth = Math.max(
    0,
    ...checks.map(({ name, subject }) => name.length + (subject === '' ? 0 : subject.length + 1)),
  );
  const kinds = new Map<string, Check[]>();
  for (const [index, check] of checks.entries()) {
    const kind = kindOf(check, index);
    kinds.set(kind, [...(kinds.get(kind) ?? []), check]);
  }
  const problems = checks.filter(({ outcome }) => outcome === 'problem').length;
  return [
    ...[...kinds.values()].flatMap((alike) => {
      const more = alike.slice(shownOfAKind).map(({ subject }) => subject);
      return [
        ...alike.slice(0, shownOfAKind).flatMap((check) => renderCheck(check, nameWidth, style)),
        ...(more.length === 0 ? [] : [style.dim(`${' '.repeat(9)}and ${more.length} more: ${more.join(', ')}`)]),
      ];
    }),
    problems === 0 ? style.good('no problems') : style.bad(`${problems} ${problems === 1 ? 'problem' : 'problems'}`),
  ];
};
