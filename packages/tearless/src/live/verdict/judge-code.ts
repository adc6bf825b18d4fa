// What the verdict makes of functions: such as are always being run, and such as others go on calling as they were. Pure.
import type { FunctionChange, Retyped } from '../diff/diff-code.ts';
import type { Differences } from '../diff/differences.ts';
import type { Declared } from '../rules/resolve-rules.ts';
import type { Reason } from './reason.ts';

export const judgeCode = (
  { code, onStack, partsOnStack, isLoopFollowed }: Differences,
  declared: Declared | undefined,
): Reason[] => [
  ...(isLoopFollowed ? [] : [unfollowed]),
  ...[...code.changed].flatMap(([key, change]) => judgeFunction(key, change, onStack, partsOnStack)),
  ...[...code.retyped].flatMap(([subject, change]) => judgeRetyped(subject, change, declared)),
  ...[...code.split].map(
    ([subject, others]): Reason => ({
      code: 'live-function-split',
      subject,
      weight: 'refuse',
      detail: `the compiler had made one of it and ${others.join(', ')}, which has not changed with it: who holds or calls the one would be led to the other`,
    }),
  ),
  ...[...code.mixedUp].map(
    ([subject, [was, is]]): Reason => ({
      code: 'live-function-mixed-up',
      subject,
      weight: 'refuse',
      detail: `it was of ${was} and would be taken for that of ${is}, since files of one name are told apart by their order: who holds or calls the one would be led to the other`,
    }),
  ),
  ...code.left.map((subject): Reason => {
    const isSaid = declared?.gone.has(subject) === true;
    return {
      code: isSaid ? 'live-function-gone' : 'live-function-left',
      subject,
      weight: isSaid ? 'note' : 'needs-rule',
      detail: isSaid
        ? 'it is gone, and a rule says that nobody holds its address, or may go on calling it as it was'
        : 'it is gone, and its address was handed on: who holds it goes on calling it as it was, unless a rule says that nobody does, or may (gone)',
    };
  }),
  ...code.starting.flatMap((subject): Reason[] =>
    declared?.called.has(subject) === true
      ? []
      : [
          {
            code: 'live-function-starting',
            subject,
            weight: 'needs-rule',
            detail:
              'it runs by itself before a program begins, and this one has begun: a rule has to call it (up, calls)',
          },
        ],
  ),
];

const unfollowed: Reason = {
  code: 'live-on-stack-unknown',
  subject: 'main',
  weight: 'refuse',
  detail: 'it comes to the event loop by a call that cannot be followed: what never returns until then is not known',
};

const judgeRetyped = (subject: string, change: Retyped, declared: Declared | undefined): Reason[] => {
  const { former, next, isHeld, callers } = change;
  const [caller] = callers.filter((key) => declared?.gone.has(key) !== true);
  if (!isHeld && caller === undefined) return [];
  const who = isHeld ? 'others hold its address, who go' : `${caller}, which runs on as it was, goes`;
  return [
    {
      code: 'live-function-retyped',
      subject,
      weight: 'refuse',
      detail: `it was ${former} and is ${next}, and ${who} on calling it as it was: give the new one another name`,
    },
  ];
};

const judgeFunction = (
  key: string,
  change: FunctionChange,
  onStack: ReadonlyMap<string, readonly string[]>,
  partsOnStack: ReadonlyMap<string, string>,
): Reason[] => {
  const caller = partsOnStack.get(key);
  if (caller !== undefined && change !== 'lines')
    return [
      {
        code: 'live-on-stack-code',
        subject: key,
        weight: 'refuse',
        detail: `the compiler made it for ${caller}, which is always being run, and goes on calling the former`,
      },
    ];
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
