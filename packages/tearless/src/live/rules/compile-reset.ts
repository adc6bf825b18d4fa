// Options that take what their list says they begin with, as machine code. Pure.
import type { Action } from './action.ts';
import type { Assembler, Label } from './assembler.ts';
import type { Names } from './compile-call.ts';

/** CAL_USE_DEFAULTS and CAL_CLEAR_FIRST of confmgt.h: a name without a value gets what its list says. */
const useDefaults = 3n;

export const writeReset = (
  code: Assembler,
  { manager, objects, read, assign, lines }: Extract<Action, { kind: 'reset' }>,
  names: Names,
  fail: Label,
): void => {
  const done = code.label();
  code.load('rax', names.addressOf(manager));
  code.follow(0);
  code.testPointer();
  code.jumpIf('equal', done);
  const list = code.holdResult();
  const [no, flags, parsed, message] = [code.hold(0n), code.hold(useDefaults), code.hold(0n), code.hold(0n)];
  const text = code.hold(names.textAt(lines));
  const [into, told] = [code.holdPlaceOf(parsed), code.holdPlaceOf(message)];
  code.call(names.addressOf(read), [text, into, no]);
  code.testResult();
  code.jumpIf('unequal', fail);
  for (const object of objects) {
    const none = code.label();
    code.load('rax', names.addressOf(object));
    code.follow(0);
    code.testPointer();
    code.jumpIf('equal', none);
    const held = code.holdResult();
    code.call(names.addressOf(assign), [list, held, parsed, flags, told]);
    code.testResult();
    code.jumpIf('unequal', fail);
    code.here(none);
  }
  code.here(done);
};
