// A call as machine code: what it is handed, calls within it first. Pure.
import type { CallAction } from './action.ts';
import type { Assembler } from './assembler.ts';

export interface Names {
  /** Where a function is entered, or a variable lies, by key. */
  readonly addressOf: (key: string) => bigint;
  /** Where a text comes to lie, with a null behind it. */
  readonly textAt: (text: string) => bigint;
  /** Where eight bytes of the update lie, by name. */
  readonly placeAt: (name: string) => bigint;
}

export const writeCall = (code: Assembler, { function: key, arguments: values }: CallAction, names: Names): void => {
  const slots = values.map((value) => {
    const slot = code.slot();
    if (value.kind === 'call') {
      writeCall(code, value, names);
      code.keep('rax', slot);
    } else {
      code.load('rcx', value.kind === 'number' ? value.value : names.textAt(value.text));
      code.keep('rcx', slot);
    }
    return slot;
  });
  code.call(typeof key === 'bigint' ? key : names.addressOf(key), slots);
};
