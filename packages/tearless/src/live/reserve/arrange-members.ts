// In which order the members of a struct come to lie: those of the release before where they were, also such as are gone, and new
// ones in the room. Pure.
import type { MemberText } from './find-structs.ts';
import type { LedgerMember, LedgerStruct } from './ledger.ts';

export interface Arranged {
  readonly entry: LedgerMember;
  /** As the release has it; undefined for one that is gone. */
  readonly text: string | undefined;
}

export interface Arrangement {
  readonly base: readonly Arranged[];
  /** In the room. */
  readonly added: readonly Arranged[];
  /** For the next release. */
  readonly entry: LedgerStruct;
}

/** @param former undefined where the struct gets room for the first time */
export const arrangeMembers = (members: readonly MemberText[], former: LedgerStruct | undefined): Arrangement => {
  const stay = ({ names, declaration, text }: MemberText): Arranged => ({
    entry: { names, declaration, isGone: false },
    text,
  });
  const entryOf = (base: readonly Arranged[], added: readonly Arranged[]): LedgerStruct => ({
    members: base.map(({ entry }) => entry),
    added: added.map(({ entry }) => entry),
  });
  if (former === undefined) {
    const base = members.map(stay);
    return { base, added: [], entry: entryOf(base, []) };
  }
  const byDeclaration = new Map(members.map((member) => [member.declaration, member]));
  const kept = new Set<string>();
  const keep = (entry: LedgerMember): Arranged => {
    const there = entry.isGone ? undefined : byDeclaration.get(entry.declaration);
    if (there === undefined) return { text: undefined, entry: { ...entry, isGone: true } };
    kept.add(entry.declaration);
    return { text: there.text, entry };
  };
  const base = former.members.map(keep);
  const before = former.added.map(keep);
  const added = [...before, ...members.filter(({ declaration }) => !kept.has(declaration)).map(stay)];
  return { base, added, entry: entryOf(base, added) };
};
