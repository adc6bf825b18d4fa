// What the verdict makes of a type that has changed: objects of it may live. Pure.
import type { TypeChange } from '../diff/diff-definition.ts';
import type { Differences } from '../diff/differences.ts';
import type { Declared } from '../rules/resolve-rules.ts';
import type { Reason } from './reason.ts';

const unshown =
  'nothing leads there by its type: it may lie behind a void *, as elements of lists and maps do; a rule can say that none of it lives (passing)';

/** What says what members begin with. */
interface Sayings extends Pick<Differences, 'newOptions'> {
  readonly declared: Declared | undefined;
}

export const judgeType = (type: string, change: TypeChange, sayings: Sayings, reached: string | undefined): Reason => {
  const { declared } = sayings;
  const found = judgeLiveType(type, change, sayings);
  if (found.weight === 'note') return found;
  const judged = { ...found, reached: reached ?? unshown };
  if (!declared?.passing.has(type)) return judged;
  return {
    ...judged,
    weight: 'note',
    detail: `${judged.detail}; a rule says that none of it lives while the program waits`,
  };
};

type TypeProblem =
  | 'size'
  | 'alignment'
  | 'retyped'
  | 'member-moved'
  | 'member-retyped'
  | 'member-added'
  | 'enumerator-changed'
  | 'ambiguous';

const judgeLiveType = (type: string, change: TypeChange, { declared, newOptions }: Sayings): Reason => {
  const refuse = (problem: TypeProblem, detail: string): Reason => ({
    code: `live-type-${problem}`,
    subject: type,
    weight: 'refuse',
    detail,
  });
  switch (change.kind) {
    case 'size':
      return refuse(
        'size',
        `it had ${change.formerBytes} bytes and has ${change.nextBytes}: objects that exist are too small; a build with a reserve in it takes such changes`,
      );
    case 'alignment':
      return refuse(
        'alignment',
        `it has to lie at a multiple of ${change.nextBytes} bytes${change.formerBytes === null ? '' : `, and had to at one of ${change.formerBytes}`}: objects that exist lie elsewhere`,
      );
    case 'retyped':
      return refuse('retyped', `it was ${change.former} and is ${change.next}`);
    case 'member-moved':
      return refuse(
        'member-moved',
        `${change.member} was at ${change.former} and is at ${change.next}: new code would read something else of objects that exist`,
      );
    case 'member-sign': {
      const subject = `${type}.${change.member}`;
      const what = `it was ${change.former} and is ${change.next}`;
      if (declared?.members.has(subject))
        return {
          code: 'live-type-member-sign',
          subject,
          weight: 'note',
          detail: `${what}, and a rule says what it holds`,
        };
      return {
        code: 'live-type-member-sign',
        subject,
        weight: 'needs-rule',
        detail: `${what}: a rule has to say that what it holds is small enough for both (keep), or what it shall hold`,
      };
    }
    case 'member-retyped':
      return refuse('member-retyped', `${change.member} was ${change.former} and is ${change.next}`);
    case 'member-removed':
      return {
        code: 'live-type-member-removed',
        subject: type,
        weight: 'note',
        detail: change.isPointer
          ? `${change.member} is gone: what it owns in objects that exist is never freed`
          : `${change.member} is gone: its place in objects that exist is used no more`,
      };
    case 'member-added': {
      const subject = `${type}.${change.member}`;
      if (change.in === undefined)
        return { ...refuse('member-added', 'it lies in no reserve: objects that exist have no room for it'), subject };
      if (declared?.zeros.has(subject) && change.in === 'gap')
        return {
          code: 'live-type-member-value',
          subject,
          weight: 'needs-rule',
          detail:
            'it lies between members of the former, where nobody need have made anything zero: a rule has to write it (value: 0, and the way to the objects)',
        };
      if (declared?.members.has(subject))
        return {
          code: 'live-type-reserve',
          subject,
          weight: 'uses-reserve',
          detail: 'it lies in the reserve, and a rule declares what it begins with',
        };
      const option = newOptions.get(subject);
      if (option !== undefined)
        return {
          code: 'live-type-reserve',
          subject,
          weight: 'uses-reserve',
          detail: `it lies in the reserve, and begins with what the release says of the option ${option}`,
        };
      return {
        code: 'live-type-member-value',
        subject,
        weight: 'needs-rule',
        detail: `in objects that exist it would be zero: a rule has to say what it begins with, zero included${
          change.instead === undefined ? '' : `; what they have by its name, as ${change.instead}, can be copied`
        }`,
      };
    }
    case 'enumerator-changed':
      return refuse(
        'enumerator-changed',
        `${change.name} was ${change.former} and is ${change.next}: objects that exist hold the former number`,
      );
    case 'enumerator-replaced':
      return refuse(
        'enumerator-changed',
        `${change.name} was ${change.value}, which is ${change.next} now: objects that exist hold that number for what it was`,
      );
    case 'enumerator-removed':
      return {
        code: 'live-type-enumerator-removed',
        subject: type,
        weight: 'note',
        detail: `${change.name} (${change.value}) is gone: objects that exist may hold it`,
      };
    case 'enumerator-added':
      return {
        code: 'live-type-enumerator-added',
        subject: type,
        weight: 'note',
        detail: `${change.name} = ${change.value}`,
      };
    case 'ambiguous':
      return refuse('ambiguous', 'source files of one program disagree about it, so it cannot be followed');
  }
};
