// What a check of rules found, for people. Pure.
import type { Reason } from '../../../live/verdict/reason.ts';
import { counted } from '../render/experiment-lines.ts';
import type { Style } from '../style.ts';

export interface RulesCheck {
  readonly from: string;
  readonly to: string;
  readonly members: readonly string[];
  readonly keep: readonly string[];
  readonly anew: readonly string[];
  readonly passing: readonly string[];
  readonly gone: readonly string[];
  /** How many actions follow the update, and its rollback. */
  readonly up: number;
  readonly down: number;
  /** What still stands in the way. */
  readonly open: readonly Reason[];
}

const shown = 20;

const things = (count: number): string => (count === 0 ? 'nothing' : counted(count, 'thing'));

export const renderRulesCheck = (file: string, check: RulesCheck, style: Style): string[] => {
  const { from, to, members, keep, anew, passing, gone, up, down, open } = check;
  const needed = open.filter(({ weight }) => weight === 'needs-rule');
  const refused = open.length - needed.length;
  return [
    style.good(`${file} fits ${from} to ${to}`),
    ...[
      ['first values', members, 'new member'] as const,
      ['kept', keep, 'variable'] as const,
      ['begun anew', anew, 'variable'] as const,
      ['of nothing that lives', passing, 'type'] as const,
      ['held by nobody', gone, 'function'] as const,
    ].flatMap(([what, ones, one]) => (ones.length === 0 ? [] : [`${what}: ${counted(ones.length, one)}`])),
    `does ${things(up)} after the update, ${things(down)} after its rollback`,
    ...(needed.length === 0 ? [] : ['', style.warn(`still to be said (${needed.length}):`)]),
    ...needed.slice(0, shown).map(({ subject, detail }) => `  ${subject}: ${detail}`),
    ...(needed.length > shown ? [`  and ${needed.length - shown} more`] : []),
    ...(refused === 0
      ? []
      : ['', style.warn(`${counted(refused, 'thing')} that no rule can mend: 'tearless live verdict' names them`)]),
  ];
};
