// Whether a running program can be carried to another version of its code, and if not, what stands in the way. Pure.

import type { Differences } from '../diff/differences.ts';
import type { Declared } from '../rules/resolve-rules.ts';
import { judgeCode } from './judge-code.ts';
import { judgeImport } from './judge-imports.ts';
import { judgeType } from './judge-type.ts';
import { judgeAdded, judgeVariable } from './judge-variable.ts';
import type { Reason, Verdict, VerdictKind } from './reason.ts';

const order: readonly VerdictKind[] = ['code-only', 'uses-reserve', 'needs-rule', 'refuse'];

/** @param declared what rules say; nothing where there are none */
export const decideVerdict = (differences: Differences, declared?: Declared): Verdict => {
  const {
    types,
    variables,
    onStack,
    reached,
    otherModules,
    newOptions,
    keptLists,
    newEvents,
    newLibraries,
    newImports,
  } = differences;
  const reasons = [
    ...[...types.changed].flatMap(([type, changes]) =>
      changes.map((change) => judgeType(type, change, { declared, newOptions }, reached.get(type))),
    ),
    ...[...variables.changed].flatMap(([variable, changes]) =>
      changes.flatMap((change) => judgeVariable(variable, change, onStack, declared)),
    ),
    ...variables.added.flatMap((variable) => judgeAdded(variable, differences, declared)),
    ...judgeCode(differences, declared),
    ...judgeSandbox(differences),
    ...judgeOptions(differences),
    ...otherModules.map(
      (subject): Reason => ({
        code: 'live-options-module',
        subject,
        weight: 'refuse',
        detail: 'only one of the versions has this module with options, which objects that exist have no place for',
      }),
    ),
    ...keptLists.map(
      (subject): Reason => ({
        code: 'live-list-kept',
        subject,
        weight: 'note',
        detail:
          'it is made once, and what runs goes on with the one that it has: it knows nothing of what is new in it',
      }),
    ),
    ...newEvents.map(
      (subject): Reason => ({
        code: 'live-event-added',
        subject,
        weight: 'note',
        detail: 'it is registered when a tor starts, and what runs has: rules have to register all events anew',
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
