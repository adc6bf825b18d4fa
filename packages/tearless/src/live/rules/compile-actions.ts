// Hooks as machine code: actions in their order, in one `int (*)(void)` that returns 0, or the number of the action (from 1) that met more
// objects than any program has, as in a list that leads back into itself, got no function of a library, or could not be taken. Pure.
import type { Action, Field, Step, Written } from './action.ts';
import { Assembler, chunks, type Label } from './assembler.ts';
import { type Names, writeCall } from './compile-call.ts';
import { writeRenew } from './compile-renew.ts';
import { writeReset } from './compile-reset.ts';

/** Objects and empty places of hash tables together. */
const mostSteps = 1 << 24;

export const compileActions = (actions: readonly Action[], names: Names): Uint8Array => {
  const code = new Assembler();
  code.begin();
  const turns = code.slot();
  actions.forEach((action, index) => {
    const tooMany = code.label();
    const done = code.label();
    code.load('rcx', 0n);
    code.keep('rcx', turns);
    writeAction(code, action, names, { turns, tooMany });
    code.jump(done);
    code.here(tooMany);
    code.leave(index + 1);
    code.here(done);
  });
  code.leave(0);
  return code.bytes();
};

/** What bounds loops. */
interface Guard {
  readonly turns: number;
  readonly tooMany: Label;
}

const writeAction = (code: Assembler, action: Action, names: Names, guard: Guard): void => {
  switch (action.kind) {
    case 'call':
      writeCall(code, action, names);
      return;
    case 'choose': {
      const chosen = code.slot();
      code.call(action.chooser, []);
      code.testPointer();
      code.jumpIf('equal', guard.tooMany);
      code.keep('rax', chosen);
      code.load('rax', names.placeAt(action.place));
      code.take('rcx', chosen);
      code.write(0, 8);
      return;
    }
    case 'renew':
      writeRenew(code, action, names, guard.tooMany);
      return;
    case 'reset':
      writeReset(code, action, names, guard.tooMany);
      return;
    case 'copy-variable': {
      const [from, to] = [names.addressOf(action.from), names.addressOf(action.to)];
      for (const { offset, sizeBytes } of chunks(action.sizeBytes)) {
        code.load('rax', from);
        code.read(offset, sizeBytes);
        code.load('rax', to);
        code.write(offset, sizeBytes);
      }
      return;
    }
    case 'write': {
      const done = code.label();
      code.load('rax', names.addressOf(action.variable));
      walk(code, action.steps, guard, done, () => writeField(code, action.field, action.written));
      code.here(done);
      return;
    }
  }
};

/** @param next where it goes on when there is nothing further here */
const walk = (code: Assembler, steps: readonly Step[], guard: Guard, next: Label, act: () => void): void => {
  const [step, ...rest] = steps;
  if (step === undefined) {
    act();
    return;
  }
  const inner = (): void => walk(code, rest, guard, next, act);
  switch (step.kind) {
    case 'follow':
      code.follow(0);
      code.testPointer();
      code.jumpIf('equal', next);
      inner();
      return;
    case 'offset':
      code.add(step.bytes);
      inner();
      return;
    case 'where':
      readField(code, step.field);
      code.compare(step.value);
      code.jumpIf('unequal', next);
      inner();
      return;
    case 'array': {
      const [place, index, count] = [code.slot(), code.slot(), code.slot()];
      code.keep('rax', place);
      code.load('rcx', BigInt(step.count));
      code.keep('rcx', count);
      loop(code, guard, index, count, next, (again) => {
        code.take('rax', place);
        code.addToSlot(place, step.strideBytes);
        walk(code, rest, guard, again, act);
      });
      return;
    }
    case 'list': {
      const [place, index, count] = [code.slot(), code.slot(), code.slot()];
      code.read(step.countOffset, 4);
      code.testNumber();
      code.jumpIf('lessOrEqual', next);
      code.keep('rcx', count);
      code.follow(step.listOffset);
      code.keep('rax', place);
      loop(code, guard, index, count, next, (again) => {
        code.take('rax', place);
        code.addToSlot(place, 8);
        code.follow(0);
        code.testPointer();
        code.jumpIf('equal', again);
        walk(code, rest, guard, again, act);
      });
      return;
    }
    case 'table': {
      const [place, index, count] = [code.slot(), code.slot(), code.slot()];
      code.read(step.lengthOffset, 4);
      code.keep('rcx', count);
      code.follow(step.bucketsOffset);
      code.keep('rax', place);
      loop(code, guard, index, count, next, (again) => {
        code.take('rax', place);
        code.addToSlot(place, 8);
        code.follow(0);
        chain(code, step.nextOffset, guard, again, (following) => walk(code, rest, guard, following, act));
      });
      return;
    }
    case 'chain':
      chain(code, step.nextOffset, guard, next, (following) => walk(code, rest, guard, following, act));
      return;
  }
};

/** With rax at the first of them, which may be none. It ends with a null, and where a ring is back at the first. */
const chain = (
  code: Assembler,
  nextOffset: number,
  guard: Guard,
  next: Label,
  body: (following: Label) => void,
): void => {
  const [here, first] = [code.slot(), code.slot()];
  const [again, following] = [code.label(), code.label()];
  code.keep('rax', first);
  code.here(again);
  code.testPointer();
  code.jumpIf('equal', next);
  code.keep('rax', here);
  count(code, guard);
  code.take('rax', here);
  body(following);
  code.here(following);
  code.take('rax', here);
  code.follow(nextOffset);
  code.keep('rax', here);
  code.compareSlots(here, first);
  code.jumpIf('unequal', again);
  code.jump(next);
};

const loop = (
  code: Assembler,
  guard: Guard,
  index: number,
  end: number,
  next: Label,
  body: (again: Label) => void,
): void => {
  const [begin, again] = [code.label(), code.label()];
  code.load('rcx', 0n);
  code.keep('rcx', index);
  code.here(begin);
  code.compareSlots(index, end);
  code.jumpIf('aboveOrEqual', next);
  count(code, guard);
  body(again);
  code.here(again);
  code.increase(index);
  code.jump(begin);
};

const count = (code: Assembler, { turns, tooMany }: Guard): void => {
  code.increase(turns);
  code.take('rcx', turns);
  code.compare(BigInt(mostSteps));
  code.jumpIf('aboveOrEqual', tooMany);
};

const ones = (count: number): bigint => (1n << BigInt(count)) - 1n;

/** rcx becomes what a field at rax holds. */
const readField = (code: Assembler, { offset, sizeBytes, bits }: Field): void => {
  code.read(offset, sizeBytes);
  if (bits === undefined) return;
  code.shiftRight(bits.from);
  code.and(ones(bits.count));
};

const writeField = (code: Assembler, field: Field, written: Written): void => {
  const { offset, sizeBytes, bits } = field;
  if ('copy' in written) {
    readField(code, written.copy);
    const unused = 64 - (written.copy.bits?.count ?? written.copy.sizeBytes * 8);
    if (written.isSigned && unused > 0) {
      code.shiftLeft(unused);
      code.shiftRightSigned(unused);
    }
    if (written.asTruth) {
      const isZero = code.label();
      code.compare(0n);
      code.jumpIf('equal', isZero);
      code.load('rcx', 1n);
      code.here(isZero);
    }
  } else code.load('rcx', written.value);
  if (bits === undefined) {
    for (const chunk of chunks(sizeBytes)) code.write(offset + chunk.offset, chunk.sizeBytes);
    return;
  }
  const taken = code.slot();
  code.and(ones(bits.count));
  code.shiftLeft(bits.from);
  code.keep('rcx', taken);
  code.read(offset, sizeBytes);
  code.and(BigInt.asUintN(64, ~(ones(bits.count) << BigInt(bits.from))));
  code.orSlot(taken);
  code.write(offset, sizeBytes);
};
