// A list that is made anew, as machine code: the former one stays in its place unless another was made that objects can go by. Pure.
import type { Action, Reread } from './action.ts';
import { type Assembler, chunks, type Label } from './assembler.ts';
import { type Names, writeCall } from './compile-call.ts';

export const writeRenew = (
  code: Assembler,
  { variable, unless, ask, carried, counted, reread }: Extract<Action, { kind: 'renew' }>,
  names: Names,
  fail: Label,
): void => {
  const [former, next, formerCount, nextCount] = [code.slot(), code.slot(), code.slot(), code.slot()];
  const [back, done] = [code.label(), code.label()];
  const place = names.addressOf(variable);
  code.load('rax', place);
  code.follow(0);
  code.testPointer();
  code.jumpIf('equal', done);
  code.keep('rax', former);
  if (unless !== undefined) {
    writeCall(code, unless, names);
    code.testResult();
    code.jumpIf('unequal', fail);
  }
  const readAgain = reread === undefined ? undefined : writeOut(code, reread, names, former);
  code.load('rax', place);
  code.load('rcx', 0n);
  code.write(0, 8);
  writeCall(code, ask, names);
  code.load('rax', place);
  code.follow(0);
  code.testPointer();
  code.jumpIf('equal', back);
  code.keep('rax', next);
  for (const [one, count] of [
    [former, formerCount],
    [next, nextCount],
  ] as const) {
    code.take('rax', one);
    code.follow(counted.listOffset);
    code.read(counted.countOffset, 4);
    code.keep('rcx', count);
  }
  code.compareSlots(formerCount, nextCount);
  code.jumpIf('unequal', back);
  for (const { offset, sizeBytes } of chunks(carried.sizeBytes)) {
    code.take('rax', former);
    code.read(carried.offset + offset, sizeBytes);
    code.take('rax', next);
    code.write(carried.offset + offset, sizeBytes);
  }
  readAgain?.(next, done);
  code.jump(done);
  code.here(back);
  code.load('rax', place);
  code.take('rcx', former);
  code.write(0, 8);
  code.jump(fail);
  code.here(done);
};

/** @returns what reads it again with the next list, and goes on elsewhere where that cannot be done */
const writeOut = (
  code: Assembler,
  { object, linesOffset, create, write, read, assign }: Reread,
  names: Names,
  former: number,
): ((next: number, done: Label) => void) => {
  const call = (key: string, ...slots: readonly number[]): void => code.call(names.addressOf(key), slots);
  const none = code.label();
  const [yes, no, lines, message] = [code.hold(1n), code.hold(0n), code.hold(0n), code.hold(0n)];
  code.load('rax', names.addressOf(object));
  code.follow(0);
  const held = code.holdResult();
  code.testPointer();
  code.jumpIf('equal', none);
  call(create, former);
  // Against an empty object, not one of defaults: those are checked by code that expects the next list's.
  const blank = code.holdResult();
  call(write, former, blank, held, yes, no);
  const text = code.holdResult();
  call(read, text, code.holdPlaceOf(lines), no);
  code.testResult();
  code.jumpIf('equal', none);
  code.load('rcx', 0n);
  code.keep('rcx', held);
  code.here(none);
  return (next, done) => {
    code.take('rax', held);
    code.testPointer();
    code.jumpIf('equal', done);
    call(create, next);
    const fresh = code.holdResult();
    const told = code.holdPlaceOf(message);
    call(assign, next, fresh, lines, no, told);
    code.testResult();
    code.jumpIf('unequal', done);
    code.take('rax', held);
    code.read(linesOffset, 8);
    const rest = code.slot();
    code.keep('rcx', rest);
    code.load('rcx', 0n);
    code.write(linesOffset, 8);
    call(assign, next, held, rest, no, told);
    code.take('rax', fresh);
    code.read(linesOffset, 8);
    code.take('rax', held);
    code.write(linesOffset, 8);
  };
};
