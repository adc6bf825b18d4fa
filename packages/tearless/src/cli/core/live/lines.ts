// A verdict for people. Pure.
import type { Differences } from '../../../live/diff/differences.ts';
import type { Reason, Verdict } from '../../../live/verdict/reason.ts';
import { formatCount } from '../../../report/experiment/figures.ts';
import { counted } from '../render/experiment-lines.ts';
import { wrap } from '../render/wrap.ts';
import type { Style } from '../style.ts';
import { groupReasons, type ReasonGroup } from './reason-groups.ts';
import { indent } from './verdict-text.ts';

const meanings = {
  'code-only': 'code only: no type of anything that lives has changed',
  'uses-reserve': 'uses reserve: what is new in live objects lies in space that was set aside',
  'needs-rule': 'needs a rule: somebody has to say what no tool can know',
  refuse: 'refused: an ordinary restart is the way',
} as const;

/** So many reasons of one kind are told one by one. */
const toldOneByOne = 4;
const namesShown = 8;

const renderGroup = ({ what, why, helps, reasons, subjects }: ReasonGroup, width: number): string[] => {
  const remedy = helps === undefined ? [] : indent(`what helps: ${helps}`, width);
  if (reasons.length <= toldOneByOne) {
    const told = Map.groupBy(reasons, ({ detail }) => detail);
    const lines = [...told].flatMap(([detail, ones]) => [
      ...indent(ones.map(({ subject }) => subject).join(', '), width, '  '),
      ...indent(detail, width),
    ]);
    return [...lines, ...remedy];
  }
  const names = subjects
    .slice(0, namesShown)
    .map(({ name, count }) => (count === 1 ? name : `${name} (${formatCount(count)})`))
    .join(', ');
  const rest = subjects.length > namesShown ? `, and ${formatCount(subjects.length - namesShown)} more` : '';
  return [
    ...indent(`${formatCount(reasons.length)} ${what}`, width, '  '),
    ...indent(why, width),
    ...indent(`${names}${rest}`, width),
    ...remedy,
  ];
};

const titles = {
  refuse: 'What refuses it',
  'needs-rule': 'What needs a rule',
  'uses-reserve': 'What uses the room',
  note: 'To know',
} as const;

/** The worst first; of each weight its kinds, counted. */
const renderReasons = (reasons: readonly Reason[], width: number): string[] =>
  (['refuse', 'needs-rule', 'uses-reserve', 'note'] as const).flatMap((weight) => {
    const ones = reasons.filter((reason) => reason.weight === weight);
    if (ones.length === 0) return [];
    return [
      '',
      `${titles[weight]} (${counted(ones.length, 'reason')}):`,
      ...groupReasons(ones).flatMap((group) => renderGroup(group, width)),
    ];
  });

/** Where a kind is only counted, one name tells more. */
const renderHint = (reasons: readonly Reason[]): string[] => {
  const [biggest] = groupReasons(reasons)
    .filter(({ reasons: ones }) => ones.length > toldOneByOne)
    .flatMap(({ subjects }) => subjects)
    .sort((a, b) => b.count - a.count);
  return biggest === undefined ? [] : ['', `All about one name: --explain '${biggest.name}'. All of it: --json`];
};

export const renderVerdict = (
  versions: readonly [former: string, next: string],
  { verdict, reasons }: Verdict,
  { code, types, variables }: Differences,
  style: Style,
  width: number,
): string[] => {
  const paint = verdict === 'code-only' || verdict === 'uses-reserve' ? style.good : style.warn;
  const changes = [...code.changed.values()];
  const lines = changes.filter((change) => change === 'lines').length;
  const rewritten = [...variables.changed.values()]
    .flat()
    .filter(({ kind }) => kind === 'initialiser' || kind === 'table-resized').length;
  const row = (of: string, counts: readonly (readonly [count: number, what: string])[]): string[] =>
    wrap(counts.map(([count, what]) => `${formatCount(count)} ${what}`).join(', '), width, {
      first: of.padEnd(11),
      rest: ' '.repeat(11),
    });
  return [
    style.strong(`${versions[0]} to ${versions[1]}`),
    paint(meanings[verdict]),
    '',
    ...row('functions', [
      [code.same, 'the same'],
      [changes.length - lines, 'changed'],
      [lines, 'with other lines only'],
      [code.added.length, 'added'],
      [code.removed.length, 'removed'],
    ]),
    ...row('types', [
      [types.changed.size, 'changed'],
      [types.added.length, 'added'],
      [types.removed.length, 'removed'],
    ]),
    ...row('variables', [
      [variables.same, 'the same'],
      [variables.changed.size, 'changed'],
      [variables.added.length, 'added'],
      [variables.removed.length, 'removed'],
    ]),
    ...(rewritten === 0 ? [] : [`tables     rewrites ${formatCount(rewritten)} that begin otherwise`]),
    ...renderReasons(reasons, width),
    ...renderHint(reasons),
  ];
};

/** The differences as JSON has them. */
export const describeDifferences = ({ code, types, variables, newLibraries, newImports }: Differences) => ({
  functions: {
    same: code.same,
    changed: Object.fromEntries(code.changed),
    added: code.added,
    removed: code.removed,
    retyped: Object.fromEntries(code.retyped),
  },
  types: { changed: Object.fromEntries(types.changed), added: types.added, removed: types.removed },
  variables: {
    same: variables.same,
    changed: Object.fromEntries(variables.changed),
    added: variables.added,
    removed: variables.removed,
  },
  newLibraries,
  newImports: newImports.map(({ name }) => name),
});
