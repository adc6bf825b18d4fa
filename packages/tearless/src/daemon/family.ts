// Whether the relays of a fleet say of each other that they are one family: MyFamily by fingerprint (tor(1)), or a shared
// FamilyId (tor 0.4.9, prop 321). Clients only keep two relays out of one circuit when both name each other. Pure.
import { TorError } from '@tearless/tor/error.ts';
import type { Warning } from '../change/plan.ts';
import { effectiveValues, type TorrcFile } from './torrc-files.ts';

export interface FamilyMember {
  /** `host/relay`. */
  readonly id: string;
  /** 40 upper-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly nickname?: string;
  /** Main torrc first, then what it includes. */
  readonly torrc: readonly TorrcFile[];
}

interface Declared {
  readonly member: FamilyMember;
  /** Fingerprints, upper-case, and nicknames, lower-case. */
  readonly names: ReadonlySet<string>;
  readonly familyIds: readonly string[];
}

const parseNames = (lines: readonly string[]): ReadonlySet<string> =>
  new Set(
    lines
      .flatMap((line) => line.split(/[\s,]+/))
      .filter((name) => name !== '')
      .map((name) => {
        const fingerprint = /^\$?([0-9A-Fa-f]{40})(?:[=~].*)?$/.exec(name)?.[1];
        return fingerprint?.toUpperCase() ?? name.toLowerCase();
      }),
  );

/** The relays of a fleet mostly share their MyFamily line: each text is read once. */
const declareWith =
  (known: Map<string, ReadonlySet<string>>) =>
  (member: FamilyMember): Declared => {
    const values = effectiveValues(member.torrc);
    const lines = values.get('MyFamily') ?? [];
    const key = lines.join('\n');
    const names = known.get(key) ?? parseNames(lines);
    known.set(key, names);
    return { member, names, familyIds: values.get('FamilyId') ?? [] };
  };

const isNamed = (names: ReadonlySet<string>, { fingerprint, nickname }: FamilyMember): boolean =>
  names.has(fingerprint) || (nickname !== undefined && names.has(nickname.toLowerCase()));

/** Names up to a handful of what there are many of. */
const some = (items: readonly string[]): string =>
  items.length <= 3 ? items.join(', ') : `${items.slice(0, 3).join(', ')} and ${items.length - 3} more`;

/**
 * @param members all relays of the operator, changed or not; a fleet of one has no family to declare
 * @returns at most one warning of each code: `family-missing` (declares nothing), `family-one-sided` (is named by others or
 * names them without an answer), `family-incomplete` (neither names the other), `family-unknown` (its torrc cannot be read whole)
 */
export const findFamilyProblems = (members: readonly FamilyMember[]): Warning[] => {
  if (members.length < 2) return [];
  const unreadable: string[] = [];
  const declare = declareWith(new Map());
  const declared = members.flatMap((member) => {
    try {
      return [declare(member)];
    } catch (error) {
      // an include that could not be read, or a torrc that tor itself would refuse: what it declares is not known
      if (!(error instanceof TorError)) throw error;
      unreadable.push(member.id);
      return [];
    }
  });
  const silent = declared.filter(({ names, familyIds }) => names.size === 0 && familyIds.length === 0);
  const speaking = declared.filter((entry) => !silent.includes(entry));
  const oneSided = new Map<string, string[]>();
  const apart = new Map<string, string[]>();
  const note = (map: Map<string, string[]>, id: string, other: string): void => {
    const others = map.get(id);
    if (others === undefined) map.set(id, [other]);
    else others.push(other);
  };
  const unnamed = new Map<ReadonlySet<string>, Declared[]>();
  for (const { names } of speaking) {
    if (!unnamed.has(names))
      unnamed.set(
        names,
        speaking.filter(({ member }) => !isNamed(names, member)),
      );
  }
  for (const a of speaking) {
    for (const b of unnamed.get(a.names) ?? []) {
      if (a === b || a.familyIds.some((id) => b.familyIds.includes(id))) continue;
      // seen from the one that should name the other
      note(isNamed(b.names, a.member) ? oneSided : apart, a.member.id, b.member.id);
    }
  }
  const warnings: Warning[] = [];
  if (silent.length > 0) {
    const ids = silent.map(({ member }) => member.id);
    warnings.push({
      code: 'family-missing',
      message: `${some(ids)} ${ids.length === 1 ? 'declares' : 'declare'} no family: clients may build circuits through several relays of one operator`,
      subjects: ids,
    });
  }
  const report = (code: string, found: Map<string, string[]>, what: string): void => {
    const [first] = found;
    if (first === undefined) return;
    const [id, others] = first;
    const more = found.size === 1 ? '' : `; ${found.size - 1} more relays likewise`;
    warnings.push({ code, message: `${id} ${what} ${some(others)}${more}`, subjects: [...found.keys()] });
  };
  if (unreadable.length > 0) {
    const message = `what ${some(unreadable)} declare${unreadable.length === 1 ? 's' : ''} as family is not known: the torrc cannot be read whole`;
    warnings.push({ code: 'family-unknown', message, subjects: unreadable });
  }
  report('family-one-sided', oneSided, 'does not name in MyFamily those that name it:');
  report('family-incomplete', apart, 'and these do not name each other in MyFamily:');
  return warnings;
};
