// Whether a running program can be carried to another version of its code, and if not, what stands in the way. Pure.

import type { FunctionChange, Retyped } from '../diff/diff-code.ts';
import type { TypeChange } from '../diff/diff-types.ts';
import type { VariableChange } from '../diff/diff-variables.ts';
import type { Differences } from '../diff/differences.ts';
import type { Declared } from '../rules/resolve-rules.ts';
import { judgeImport } from './judge-imports.ts';
import type { Reason, Verdict, VerdictKind } from './reason.ts';

const order: readonly VerdictKind[] = ['code-only', 'uses-reserve', 'needs-rule', 'refuse'];

/** @param declared what rules say; nothing where there are none */
export const decideVerdict = (differences: Differences, declared?: Declared): Verdict => {
  const { code, types, variables, onStack, reached, keptLists, newLibraries, newImports } = differences;
  const reasons = [
    ...[...types.changed].flatMap(([type, changes]) =>
      changes.map((change) => judgeType(type, change, declared, reached.get(type))),
    ),
    ...[...variables.changed].flatMap(([variable, changes]) =>
      changes.flatMap((change) => judgeVariable(variable, change, onStack, declared)),
    ),
    ...variables.added.flatMap((variable) => judgeAdded(variable, differences, declared)),
    ...[...code.changed].flatMap(([key, change]) => judgeFunction(key, change, onStack)),
    ...[...code.retyped].map(([subject, change]) => judgeRetyped(subject, change)),
    ...[...code.split].map(
      ([subject, others]): Reason => ({
        code: 'live-function-split',
        subject,
        weight: 'refuse',
        detail: `the compiler had made one of it and ${others.join(', ')}, which has not changed with it: who holds or calls the one would be led to the other`,
      }),
    ),
    ...code.left.map(
      (subject): Reason => ({
        code: 'live-function-left',
        subject,
        weight: 'note',
        detail: 'it is gone, and others may hold its address: they go on calling it as it was',
      }),
    ),
    ...judgeSandbox(differences),
    ...judgeOptions(differences),
    ...keptLists.map(
      (subject): Reason => ({
        code: 'live-list-kept',
        subject,
        weight: 'note',
        detail:
          'it is made once, and what runs goes on with the one that it has: it knows nothing of what is new in it',
      }),
    ),
    ...newLibraries.map(
      (name): Reason => ({
        code: 'live-library-changed',
        subject: name,
        weight: 'refuse',
        detail: 'the next version is linked with it, and what runs has not loaded it',
      }),
    ),
    ...newImports.map(judgeImport),
  ];
  const weight = (reason: Reason): number => (reason.weight === 'note' ? 0 : order.indexOf(reason.weight));
  const verdict = order[Math.max(0, ...reasons.map(weight))] ?? 'refuse';
  return { verdict, reasons: [...reasons].sort((a, b) => weight(b) - weight(a)) };
};

/** The file of tor that makes the filter for `Sandbox 1`. */
const sandboxFile = 'sandbox.c';
const namesShown = 4;

const renderSome = (keys: readonly string[]): string => {
  const names = keys.map((key) => key.slice(key.indexOf(':') + 1));
  const rest = names.length - namesShown;
  return `${names.slice(0, namesShown).join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
};

const judgeSandbox = ({ code, variables }: Differences): Reason[] => {
  const changed = [
    ...[...code.changed].flatMap(([key, change]) => (change === 'lines' ? [] : [key])),
    ...code.added,
    ...variables.changed.keys(),
  ].filter((key) => key.startsWith(`${sandboxFile}:`));
  if (changed.length === 0) return [];
  return [
    {
      code: 'live-sandbox-changed',
      subject: sandboxFile,
      weight: 'note',
      detail: `what makes the filter on system calls has changed (${renderSome(changed)}): a process that runs with Sandbox 1 keeps the filter that it has, and new code that calls what is not in it ends the process`,
    },
  ];
};

const judgeOptions = ({ otherOptions }: Differences): Reason[] =>
  otherOptions
    ? [
        {
          code: 'live-options-changed',
          subject: 'options',
          weight: 'note',
          detail: 'the list of them that a running tor keeps is made anew; a directory authority refuses that',
        },
      ]
    : [];

const judgeRetyped = (subject: string, { former, next, caller }: Retyped): Reason => ({
  code: 'live-function-retyped',
  subject,
  weight: 'refuse',
  detail: `it was ${former} and is ${next}, and ${
    caller === undefined ? 'others hold its address, who go' : `${caller}, which runs on as it was, goes`
  } on calling it as it was: give the new one another name`,
});

const judgeAdded = (subject: string, { variables }: Differences, declared: Declared | undefined): Reason[] => {
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

const judgeFunction = (
  key: string,
  change: FunctionChange,
  onStack: ReadonlyMap<string, readonly string[]>,
): Reason[] => {
  const way = onStack.get(key);
  if (way === undefined) return [];
  if (change === 'lines')
    return [
      {
        code: 'live-on-stack-lines',
        subject: key,
        weight: 'note',
        detail: `it waits in ${way.at(-1)} and is never entered again: its messages go on naming the former lines`,
      },
    ];
  return [
    {
      code: 'live-on-stack-code',
      subject: key,
      weight: 'refuse',
      detail: `it is always being run (${[key, ...way].join(' calls ')}), so its new code would never be: build it so that the change lies in a function that is entered again`,
    },
  ];
};

const unshown =
  'nothing leads there by its type: it may lie behind a void *, as elements of lists and maps do; a rule can say that none of it lives (passing)';

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

const judgeVariable = (
  subject: string,
  change: VariableChange,
  onStack: ReadonlyMap<string, readonly string[]>,
  declared: Declared | undefined,
): Reason[] => {
  const anew = declared?.anew.get(subject);
  switch (change.kind) {
    case 'initialiser': {
      if (anew !== undefined)
        return [
          judgeStuck(subject, 'it begins with another value', anew, onStack) ?? {
            code: 'live-variable-initialiser',
            subject,
            weight: 'note',
            detail: `it begins with another value: the new one comes beside the former, ${takers(anew)}; ${leftBehind}`,
          },
        ];
      const detail = declared?.keep.has(subject)
        ? 'it begins with another value, and a rule keeps what it holds now'
        : 'it begins with another value: the new one is written where memory still has the former, and the update is refused where it has not';
      return [{ code: 'live-variable-initialiser', subject, weight: 'note', detail }];
    }
    case 'table-resized': {
      const what = `it was ${change.former} and is ${change.next}`;
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
          detail: `it lay at a multiple of ${change.formerBytes} bytes, has to at one of ${change.nextBytes}, and stays where it is`,
        },
      ];
    case 'unsealed':
      return [
        {
          code: 'live-variable-unsealed',
          subject,
          weight: 'refuse',
          detail:
            'it was a constant, and is a variable: who holds its address goes on with the former, which cannot be written to',
        },
      ];
    case 'resized':
    case 'retyped': {
      const what =
        change.kind === 'resized'
          ? `it had ${change.formerBytes} bytes and has ${change.nextBytes}`
          : `it was ${change.former} and is ${change.next}`;
      const detail = `${what}: what it holds now cannot be read as that`;
      return [{ code: `live-variable-${change.kind}`, subject, weight: 'refuse', detail }];
    }
  }
};

const judgeType = (
  type: string,
  change: TypeChange,
  declared: Declared | undefined,
  reached: string | undefined,
): Reason => {
  const found = judgeLiveType(type, change, declared);
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

const judgeLiveType = (type: string, change: TypeChange, declared: Declared | undefined): Reason => {
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
      return {
        code: 'live-type-member-value',
        subject,
        weight: 'needs-rule',
        detail: 'in objects that exist it would be zero: a rule has to say what it begins with, zero included',
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
