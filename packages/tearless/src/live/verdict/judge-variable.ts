// What the verdict makes of a variable that has changed, or that is new. Pure.
import type { VariableChange } from '../diff/diff-variables.ts';
import type { Differences } from '../diff/differences.ts';
import type { Declared } from '../rules/resolve-rules.ts';
import type { Reason } from './reason.ts';

export const judgeAdded = (subject: string, { variables }: Differences, declared: Declared | undefined): Reason[] => {
  const former = variables.moved.get(subject);
  // Told as a constant that can be written to now.
  if (variables.changed.has(subject)) return [];
  if (former === undefined || declared?.variables.has(subject) === true)
    return [
      {
        code: 'live-variable-added',
        subject,
        weight: 'note',
        detail:
          former === undefined
            ? 'it begins with the value that it is declared with, also where the program would have set it when it started'
            : 'a rule says what it begins with',
      },
    ];
  return [
    {
      code: 'live-variable-moved',
      subject,
      weight: 'needs-rule',
      detail: `${former.join(', ')} is gone: what that holds is not what this begins with, unless a rule copies it (up, variables)`,
    },
  ];
};

const leftBehind = 'a rule leaves behind what was written to the former';

const takers = (users: readonly string[]): string =>
  users.length === 1 ? `for ${users[0]}, which alone uses it` : `for all ${users.length} functions that use it`;

/** Of a variable that lies elsewhere from now on: code that would go on with the former. */
const judgeStuck = (
  subject: string,
  what: string,
  users: readonly string[],
  onStack: ReadonlyMap<string, readonly string[]>,
): Reason | undefined => {
  const stuck = users.filter((user) => onStack.has(user));
  if (stuck.length === 0) return undefined;
  return {
    code: 'live-variable-table-in-use',
    subject,
    weight: 'refuse',
    detail: `${what}, and ${stuck.join(', ')}, which is always being run, goes on using the former`,
  };
};

const whatChanged = (change: VariableChange): string => {
  switch (change.kind) {
    case 'initialiser':
      return 'it begins with another value';
    case 'unsealed':
      return 'it was a constant, and is a variable';
    case 'thread':
      return 'each thread has one of its own, and they begin with another value';
    case 'sealed':
      return 'it was a variable, and is a constant';
    case 'alignment':
      return `it lay at a multiple of ${change.formerBytes} bytes, has to at one of ${change.nextBytes}`;
    case 'resized':
      return `it had ${change.formerBytes} bytes and has ${change.nextBytes}`;
    default:
      return `it was ${change.former} and is ${change.next}`;
  }
};

const anewCodes = {
  initialiser: 'live-variable-initialiser',
  unsealed: 'live-variable-unsealed',
  sealed: 'live-variable-sealed',
  alignment: 'live-variable-alignment',
  resized: 'live-variable-resized',
  retyped: 'live-variable-retyped',
  sign: 'live-variable-sign',
} as const;

/** Whatever it is now, it is another variable, and begins as it is declared. */
const judgeAnew = (
  subject: string,
  change: Exclude<VariableChange, { kind: 'table-resized' | 'thread' }>,
  users: readonly string[],
  onStack: ReadonlyMap<string, readonly string[]>,
): Reason =>
  judgeStuck(subject, whatChanged(change), users, onStack) ?? {
    code: anewCodes[change.kind],
    subject,
    weight: 'note',
    detail: `${whatChanged(change)}: the new one comes beside the former, ${takers(users)}; ${leftBehind}`,
  };

export const judgeVariable = (
  subject: string,
  change: VariableChange,
  onStack: ReadonlyMap<string, readonly string[]>,
  declared: Declared | undefined,
): Reason[] => {
  const anew = declared?.anew.get(subject);
  if (anew !== undefined && change.kind !== 'table-resized' && change.kind !== 'thread')
    return [judgeAnew(subject, change, anew, onStack)];
  switch (change.kind) {
    case 'initialiser': {
      const detail = declared?.keep.has(subject)
        ? 'it begins with another value, and a rule keeps what it holds now'
        : 'it begins with another value: the new one is written where memory still has the former, and the update is refused where it has not';
      return [{ code: 'live-variable-initialiser', subject, weight: 'note', detail }];
    }
    case 'table-resized': {
      const what = whatChanged(change);
      const written = anew === undefined ? 'refused where the former was written to' : leftBehind;
      return [
        judgeStuck(subject, what, change.usedBy, onStack) ?? {
          code: 'live-variable-table',
          subject,
          weight: 'note',
          detail: `${what}: the new one comes beside the former, ${takers(change.usedBy)}; ${written}`,
        },
      ];
    }
    case 'alignment':
      return [
        {
          code: 'live-variable-alignment',
          subject,
          weight: 'refuse',
          detail: `${whatChanged(change)}, and stays where it is`,
        },
      ];
    case 'unsealed':
      return [
        {
          code: 'live-variable-unsealed',
          subject,
          weight: 'refuse',
          detail: `${whatChanged(change)}: who holds its address goes on with the former, which cannot be written to`,
        },
      ];
    case 'thread':
      return [
        {
          code: 'live-variable-thread',
          subject,
          weight: 'refuse',
          detail: `${whatChanged(change)}: those that run and those that come begin as the former says`,
        },
      ];
    case 'sealed':
      return [
        {
          code: 'live-variable-sealed',
          subject,
          weight: 'needs-rule',
          detail: `${whatChanged(change)}, elsewhere: who holds its address goes on with the former, which new code takes for another, unless a rule says that nobody does, or may (anew)`,
        },
      ];
    case 'sign': {
      const what = whatChanged(change);
      const isKept = declared?.keep.has(subject) === true;
      const detail = isKept
        ? `${what}, and a rule keeps what it holds now`
        : `${what}: a rule has to say that what it holds is small enough for both (keep)`;
      return [{ code: 'live-variable-sign', subject, weight: isKept ? 'note' : 'needs-rule', detail }];
    }
    case 'resized':
    case 'retyped': {
      const detail = `${whatChanged(change)}: what it holds now cannot be read as that`;
      return [{ code: `live-variable-${change.kind}`, subject, weight: 'refuse', detail }];
    }
  }
};
