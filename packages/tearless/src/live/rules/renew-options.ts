// Options that a release adds, drops or changes: a tor keeps a list of all that it knows, made once from the program's tables, and new
// tables alone change nothing. The list is made anew, forward and back. Objects with options carry a number that only their own list
// accepts, so the new list takes over that of the former. Pure.
import { bareType } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { type Contents, isEqual, ReferenceReader } from '../image/references.ts';
import type { Action } from './action.ts';
import { findVariable, hasFunction, hasVariable, memberOf, sizeOf, structOf } from './program-names.ts';
import { resolveCall } from './resolve-call.ts';
import type { Sides } from './resolve-rules.ts';

const manager = 'config.c:options_mgr';
/** What the list is made from: options of tor itself, and of its modules. */
const table = /^config\.c:options_format$|_options_fmt$/;
/** Whatever is asked, the list is there afterwards. */
const ask = 'option_is_recognized("DataDirectory")';
/** Authorities vote by their options: none is given others while it serves. Programs without their code have no such function. */
const isAuthority = 'authdir_mode';

/**
 * @param side whose code runs when this happens
 * @returns nothing where both builds have the same options, or no such list
 */
export const renewOptions = (side: VariableSide, { former, next }: Sides): Action[] => {
  if (!hasVariable(side, manager) || !hasOtherOptions({ former, next })) return [];
  const { key, type } = findVariable(side, manager);
  const pointer = bareType(type);
  const list = pointer.kind === 'pointer' ? structOf(side.debug, pointer.to) : undefined;
  if (list === undefined) return [];
  const [modules, magic] = [memberOf(list, 'subconfigs'), memberOf(list, 'toplevel_magic')];
  const held = bareType(modules.member.type);
  const items = held.kind === 'pointer' ? structOf(side.debug, held.to) : undefined;
  if (items === undefined) return [];
  return [
    {
      kind: 'renew',
      variable: key,
      // What has been done to others can be undone.
      unless:
        side === next && hasFunction(side, isAuthority)
          ? resolveCall(side, `${isAuthority}(get_options())`)
          : undefined,
      ask: resolveCall(side, ask),
      carried: { offset: magic.offset, sizeBytes: sizeOf(side.debug, magic.member.type) },
      counted: { listOffset: modules.offset, countOffset: memberOf(items, 'num_used').offset },
    },
  ];
};

/** Whether two builds of a tor know other options. */
export const hasOtherOptions = ({ former, next }: Sides): boolean => {
  const [before, after] = [readTables(former.image), readTables(next.image)];
  return (
    before.size !== after.size ||
    [...after].some(([key, is]) => {
      const was = before.get(key);
      return was === undefined || !isEqual(was, is);
    })
  );
};

const readTables = (image: ProgramImage): Map<string, Contents> => {
  const reader = new ReferenceReader(image);
  return new Map([...image.constants].flatMap(([key, piece]) => (table.test(key) ? [[key, reader.read(piece)]] : [])));
};
