// What an update brings for debuggers and unwinders: a file of its symbols and frames, the record of that, and the calls that tell of it.
// None of it is needed by the update itself. Pure.
import type { Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';
import type { Generation } from '../link/generation.ts';
import { hookName } from '../link/hook-name.ts';
import type { Layout } from '../link/layout.ts';
import type { MemoryChange } from '../link/memory-change.ts';
import type { Action } from '../rules/action.ts';
import { encodeFrames, type FrameOwner, frameOfHook, readFrames } from './frames.ts';
import {
  descriptorBytes,
  descriptorVariable,
  encodeDescriptor,
  encodeEntry,
  entryBytes,
  firstEntry,
  registerFunction,
} from './jit-interface.ts';
import { encodeSymbolFile, framesOffset } from './symbol-file.ts';

export interface DebuggerPart {
  /** Before all other hooks, so that a breakpoint in new code is hit while they run. */
  readonly first: readonly Action[];
  /**
   * Behind all others, which may fail: the unwinder must not know of memory that is given back then. It goes on knowing of it after a
   * rollback, which leaves it mapped: a rollback may follow an update whose hooks never ran.
   */
  readonly last: readonly Action[];
  /** The record becomes the first in the program's list; the former first is what the program or the update before left there. */
  readonly changes: readonly MemoryChange[];
}

interface DebuggerOptions {
  readonly image: ProgramImage;
  /** Functions that come along. */
  readonly pieces: readonly Piece[];
  readonly former: Generation;
  /** `findUnwinder`. */
  readonly unwinder: bigint | undefined;
}

const file = 'debugger symbols';
const record = 'debugger record';

export interface Debugger {
  /** What is called, with addresses that are not known yet: as long as it will be. */
  readonly shape: Pick<DebuggerPart, 'first' | 'last'>;
  /** Once the hooks have their places. */
  place(): void;
  /** Once the layout is settled. */
  write(): DebuggerPart;
}

const hookNames = [hookName.up, hookName.down];

export const planDebugger = (layout: Layout, options: DebuggerOptions): Debugger => {
  const { image, pieces, former, unwinder } = options;
  const told = findInterface(former);
  const frames = readFrames(image, new Map(pieces.map((piece) => [piece.key, piece])));
  const isUnwound = unwinder !== undefined && frames.length > 0;
  if (pieces.length === 0 || (told === undefined && !isUnwound)) return nothing;
  const first: readonly Action[] =
    told === undefined ? [] : [{ kind: 'call', function: registerFunction, arguments: [] }];
  const last = (at: bigint): Action[] =>
    isUnwound
      ? [{ kind: 'call', function: unwinder, arguments: [{ kind: 'number', value: at + BigInt(framesOffset) }] }]
      : [];
  const render = (at: bigint, isSettled: boolean): Uint8Array => {
    const addressOf = (of: FrameOwner): bigint =>
      !isSettled ? 0n : of.kind === 'piece' ? layout.addressOf(of.piece) : layout.own(of.name).address;
    const hooks = hookNames
      .filter((name) => layout.hasOwn(name))
      .map((name) => ({ name, sizeBytes: isSettled ? layout.own(name).bytes.length : 0 }));
    const symbols = [
      ...pieces.map((piece) => ({
        name: piece.key.slice(piece.key.indexOf(':') + 1),
        address: addressOf({ kind: 'piece', piece }),
        sizeBytes: piece.sizeBytes,
      })),
      ...hooks.map(({ name, sizeBytes }) => ({
        name: name.replace(' ', '_'),
        address: addressOf({ kind: 'own', name }),
        sizeBytes,
      })),
    ];
    const all = [...frames, ...hooks.map(({ name, sizeBytes }) => frameOfHook(name, sizeBytes))];
    const code = { address: isSettled ? layout.codeAddress : 0n, sizeBytes: layout.codeBytes };
    return encodeSymbolFile({ code, symbols, frames: encodeFrames(all, at + BigInt(framesOffset), addressOf) }, at);
  };
  return {
    shape: { first, last: last(0n) },
    place: () => {
      layout.placeOwn(file, render(0n, false).length, 'constants');
      if (told !== undefined) layout.placeOwn(record, entryBytes, 'variables');
    },
    write: () => {
      const { address, bytes } = layout.own(file);
      bytes.set(render(address, true));
      if (told === undefined) return { first, last: last(address), changes: [] };
      const entry = layout.own(record);
      entry.bytes.set(encodeEntry(firstEntry(told.descriptor), address, bytes.length));
      const change = { address: told.address, former: told.descriptor, next: encodeDescriptor(entry.address) };
      return { first, last: last(address), changes: [change] };
    },
  };
};

const nothing: Debugger = {
  shape: { first: [], last: [] },
  place: () => undefined,
  write: () => ({ first: [], last: [], changes: [] }),
};

/** Undefined for a program that does not carry it. */
const findInterface = ({ addresses, initial }: Generation) => {
  const [address, descriptor] = [addresses.get(descriptorVariable), initial.get(descriptorVariable)];
  if (!addresses.has(registerFunction) || address === undefined || descriptor?.length !== descriptorBytes)
    return undefined;
  return { address, descriptor };
};
