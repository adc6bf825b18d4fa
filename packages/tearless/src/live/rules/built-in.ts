// What every update of a tor does beside its rules. Behind first values that they give, the list of options is made anew where it differs,
// and new options begin as the release says; then rules may ask for them. At last other lists are made anew, the cached version is dropped,
// the descriptor is published anew, and the event loop is left once, so that new code around it is entered. Each only where debug
// information shows it. Pure.
import type { VariableSide } from '../diff/diff-variables.ts';
import type { Action, Actions, RuleActions } from './action.ts';
import { listNewOptions, resetOptions } from './new-options.ts';
import { findVariable } from './program-names.ts';
import { renewOptions, renewOtherLists } from './renew-options.ts';
import { resolveCall } from './resolve-call.ts';
import type { Sides } from './sides.ts';

/** The function asks libevent to leave its loop; the main loop then enters it again. */
export const leaveLoop = 'tor_libevent_exit_loop_after_callback(tor_libevent_get_base())';

/**
 * @param own what rules say
 * @param said members that they speak of: those are left as they say
 */
export const withBuiltIn = (own: RuleActions, said: ReadonlySet<string>, sides: Sides): Actions => {
  const { former, next } = sides;
  const begun = listNewOptions(sides).flatMap(({ name, member }) => (said.has(member) ? [] : [name]));
  return {
    up: [...own.members, ...renewOptions(next, sides), ...resetOptions(next, begun), ...own.up, ...finish(next, sides)],
    down: [...renewOptions(former, sides), ...own.down, ...finish(former, sides)],
  };
};

const finish = (side: VariableSide, sides: Sides): Action[] => [
  ...renewOtherLists(side, sides),
  ...dropVersion(side),
  ...callIfThere(side, 'mark_my_descriptor_dirty("the code of this tor was updated")'),
  ...callIfThere(side, leaveLoop),
];

/** Whether the update makes the program leave its event loop. */
export const canLeaveLoop = (side: VariableSide): boolean => callIfThere(side, leaveLoop).length > 0;

const callIfThere = (side: VariableSide, text: string): Action[] => {
  try {
    return [resolveCall(side, text)];
  } catch {
    return []; // this program has no such function, or one of another shape
  }
};

/** It is made when it is first asked for, and asked for at once: other threads may. */
const dropVersion = (side: VariableSide): Action[] => {
  const again = callIfThere(side, 'get_version()');
  if (again.length === 0) return [];
  try {
    const { key, type } = findVariable(side, 'version.c:the_tor_version');
    if (type.kind !== 'array') return [];
    const field = { offset: 0, sizeBytes: 1, bits: undefined };
    return [{ kind: 'write', variable: key, steps: [], field, written: { value: 0n } }, ...again];
  } catch {
    return []; // this program keeps no version, or elsewhere
  }
};
