// Whether room in the objects of a process may be other than zero, though a rule takes it for that: an update that was taken back may have
// written there, and its members lay where those of another one lie now. Pure.
import { listZeroMembers, type Rules } from '../rules/rules.ts';
import type { ProcessRecord } from '../status/process-record.ts';

/**
 * What is in doubt is taken back before the next one.
 * @param to the build that the process is to become. Where that is what was taken back, its members find what they wrote themselves.
 * @returns why it may be; undefined where it cannot
 */
export const findUsedRoom = (
  record: Pick<ProcessRecord, 'updates'> | undefined,
  to: string,
  rules: Pick<Rules, 'members'> | undefined,
): string | undefined => {
  const writer = record?.updates.find((update) => update.state !== 'done' && update.to !== to);
  const members = listZeroMembers(rules);
  if (writer === undefined || members.length === 0) return undefined;
  return `objects may hold what tor ${writer.versions[1]}, which was taken back, has written where ${members.join(', ')} would be taken for zero: let the rules write it, with value: 0 and the way to them`;
};
