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

export const renderRulesCheck = (file: string, check: RulesCheck, style: Style): string[] => {
  const { from, to, members, keep, anew, passing, gone, up, down, open } = check;
  const needed = open.filter(({ weight }) => weight === 'needs-rule');
  const refused = open.length - needed.length;
  return [
    style.good(`${file} fits ${from} to ${to}`),
    `first values: ${counted(members.length, 'new member')}; kept: ${counted(keep.length, 'variable')}; begun anew: ${counted(anew.length, 'variable')}; of nothing that lives: ${counted(passing.length, 'type')}; held by nobody: ${counted(gone.length, 'function')}`,
    `does ${counted(up, 'thing')} after the update, ${counted(down, 'thing')} after its rollback`,
    ...(needed.length === 0 ? [] : ['', style.warn(`still to be said (${needed.length}):`)]),
    ...needed.slice(0, shown).map(({ subject, detail }) => `  ${subject}: ${detail}`),
    ...(needed.length > shown ? [`  and ${needed.length - shown} more`] : []),
    ...(refused === 0
      ? []
      : ['', style.warn(`${counted(refused, 'thing')} that no rule can mend: 'tearless live verdict' names them`)]),
  ];
};
