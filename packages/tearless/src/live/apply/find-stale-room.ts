// Whether room in the objects of a process may be other than zero, though a rule takes it for that: a build that the process ran before had
// a member there. The step from the build that runs does not show it: that has nothing there any more. Builds of one ledger keep the place
// of every member for ever; others need not. Pure.
import { findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { diffDefinition } from '../diff/diff-definition.ts';
import { findStruct } from '../rules/program-names.ts';
import { splitMember } from '../rules/resolve-member.ts';
import { listZeroMembers, type Rules } from '../rules/rules.ts';
import type { LiveBuild } from './live-build.ts';

/** What is asked of a build that the process ran before. */
export type EarlierBuild = Pick<LiveBuild, 'manifest' | 'side'>;

/**
 * @param earlier those before the build that runs, that which the process was started from among them
 * @returns why it may be; undefined where it cannot
 */
export const findStaleRoom = (
  earlier: readonly EarlierBuild[],
  next: Pick<LiveBuild, 'side'>,
  rules: Pick<Rules, 'members'> | undefined,
): string | undefined => {
  const zeros = listZeroMembers(rules);
  for (const { manifest, side } of earlier) {
    const stale = zeros.filter((name) => !wasRoom(side, next.side, name));
    if (stale.length > 0)
      return `objects that tor ${manifest.version} made may hold what it kept where ${stale.join(', ')} would be taken for zero: let the rules write it, with value: 0 and the way to them`;
  }
  return undefined;
};

type Side = LiveBuild['side'];

/** A type that the earlier build had not has no objects of its time. */
const wasRoom = ({ debug }: Side, next: Side, name: string): boolean => {
  const [type, member] = splitMember(name);
  const { key, definition } = findStruct(next.debug, type);
  const ones = debug.definitions.get(key) ?? [];
  const [before] = ones;
  if (before === undefined) return true;
  if (ones.length > 1) return false;
  return diffDefinition(before, definition, (tag, other) => findDefinition(debug, tag, other)).some(
    (change) => change.kind === 'member-added' && change.member === member && change.in !== undefined,
  );
};
