// Code that is always being run: whoever calls, over however many steps, what the program waits in. A jump at the entry of such a
// function changes nothing, since it is never entered again. Pure.
import { x86_64Relocations } from '@tearless/elf/relocation.ts';
import { isCall, isCallBySlot } from '../image/held.ts';
import { isClone } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { listReferrers } from '../image/referrers.ts';
import { isFromGot } from '../image/target.ts';

const eventLoop = 'event_base_loop';

/** What a tor waits in: its event loop (libevent), and its worker threads for work (pthreads). */
const waits: readonly string[] = [eventLoop, 'pthread_cond_wait', 'pthread_cond_timedwait'];

/**
 * What lies between those and a loop, and is therefore called again: by the main loop as soon as the event loop is left, and by worker
 * threads with each piece of work. Compiled into its caller it is part of that, and not found here.
 */
export const mainLoop: readonly string[] = ['run_main_loop_once', 'tor_libevent_run_event_loop'];
export const workers: readonly string[] = ['tor_cond_wait'];

const { pc32, plt32 } = x86_64Relocations;

/** Functions that wait now, by key: who each calls on the way to what it waits in. */
export const findWaiting = (image: ProgramImage): Map<string, readonly string[]> => {
  const callers = readCallers(image);
  const found = new Map<string, readonly string[]>();
  const visit = (callee: string, way: readonly string[]): void => {
    for (const caller of callers.get(callee) ?? []) {
      if (found.has(caller)) continue;
      found.set(caller, way);
      visit(caller, [caller, ...way]);
    }
  };
  for (const wait of waits) visit(wait, [wait]);
  return found;
};

/** Those of them that are never entered again. @param again names of such as are, though they wait */
export const listOnStack = (
  waiting: ReadonlyMap<string, readonly string[]>,
  again: readonly string[],
): Map<string, readonly string[]> =>
  new Map([...waiting].filter(([key]) => !again.includes(key.slice(key.indexOf(':') + 1))));

/** Functions whose address is only taken are called by somebody else: threads begin in such. */
const readCallers = (image: ProgramImage): Map<string, Set<string>> => {
  const callers = new Map<string, Set<string>>();
  const names = new Map(
    [...image.functions.values()].map((piece) => [`${piece.section.index} ${piece.offset}`, piece.key]),
  );
  for (const piece of image.functions.values()) {
    const content = image.file.content(piece.section);
    for (const { offset, type, symbol: index } of image.relocationsOf(piece.section.index)) {
      if (offset < piece.offset || offset >= piece.offset + piece.sizeBytes) continue;
      const isDirect = (type === plt32 || type === pc32) && isCall(content, offset);
      // As compilers call what a library brings where they are told to leave out its stub (-fno-plt).
      if (!isDirect && !(isFromGot(type) && isCallBySlot(content, offset))) continue;
      const symbol = image.file.symbols[index];
      if (symbol === undefined) continue;
      const callee = symbol.section === 0 ? symbol.name : names.get(`${symbol.section} ${symbol.value}`);
      if (callee === undefined) continue;
      const there = callers.get(callee);
      if (there === undefined) callers.set(callee, new Set([piece.key]));
      else there.add(piece.key);
    }
  }
  return callers;
};

/** Whether it is known how the program comes to its event loop, from its beginning on: a call by address on the way hides who calls it. */
export const isLoopFollowed = (image: ProgramImage, waiting: ReadonlyMap<string, readonly string[]>): boolean =>
  !image.functions.has('main') || !image.imports.has(eventLoop) || waiting.get('main')?.at(-1) === eventLoop;

/** Parts and clones that the compiler made, which these call, by themselves or by others of the kind. By key: who calls it. */
export const listPartsOf = (image: ProgramImage, keys: Iterable<string>): Map<string, string> => {
  const parts = new Map<string, string>();
  const pending = [...keys];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const piece = image.functions.get(key);
    for (const part of piece === undefined ? [] : listReferrers(image, [piece]).keys()) {
      if (!isClone(part) || parts.has(part)) continue;
      parts.set(part, key);
      pending.push(part);
    }
  }
  return parts;
};
