// A call that a rule writes, checked against the function's own type. Pure.
import { bareType, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { CallAction, CallValue } from './action.ts';
import { type Argument, type Call, parseCall } from './parse-call.ts';
import { enumeratorValue, findFunction, isNumber } from './program-names.ts';

/** @throws Error */
export const resolveCall = (side: VariableSide, text: string): CallAction => resolve(side, parseCall(text)).action;

const resolve = (side: VariableSide, call: Call): { readonly action: CallAction; readonly returns: TypeRef } => {
  const found = findFunction(side, call.name);
  const { type } = found.function;
  if (type.kind !== 'function') throw new Error(`${call.name} is no function`);
  if (type.isVariadic) throw new Error(`${call.name} takes any number of arguments, which a rule cannot hand over`);
  if (type.parameters.length !== call.arguments.length)
    throw new Error(`${call.name} takes ${type.parameters.length} arguments, not ${call.arguments.length}`);
  if (!isPlain(type.returns)) throw new Error(`${call.name} returns ${type.returns.text}, which a rule cannot take`);
  const values = call.arguments.map((one, index) => {
    const parameter = type.parameters[index];
    if (parameter === undefined) throw new Error(`${call.name} has no parameter ${index + 1}`);
    return resolveArgument(side, call.name, parameter, one);
  });
  return { action: { kind: 'call', function: found.key, arguments: values }, returns: type.returns };
};

const isPlain = (type: TypeRef): boolean =>
  isNumber(type) || bareType(type).kind === 'pointer' || bareType(type).kind === 'void';

const resolveArgument = (side: VariableSide, name: string, parameter: TypeRef, argument: Argument): CallValue => {
  const bare = bareType(parameter);
  const misfit = (what: string): Error => new Error(`${name} takes ${parameter.text}, not ${what}`);
  switch (argument.kind) {
    case 'text':
      if (bare.kind !== 'pointer' || bareType(bare.to).text !== 'char') throw misfit('a text');
      return argument;
    case 'number':
      if (!isNumber(parameter) && !(bare.kind === 'pointer' && argument.value === 0n)) throw misfit('a number');
      return argument;
    case 'name':
      if (argument.name === 'NULL') {
        if (bare.kind !== 'pointer') throw misfit('NULL');
        return { kind: 'number', value: 0n };
      }
      if (!isNumber(parameter)) throw misfit(argument.name);
      return { kind: 'number', value: enumeratorValue(side.debug, parameter, argument.name) };
    case 'call': {
      const { action, returns } = resolve(side, argument);
      const isFit = isNumber(parameter)
        ? isNumber(returns)
        : bare.kind === 'pointer' && pointee(returns) === pointee(bare);
      if (!isFit) throw misfit(`the ${returns.text} of ${argument.name}`);
      return action;
    }
  }
};

const pointee = (type: TypeRef): string | undefined => {
  const bare = bareType(type);
  return bare.kind === 'pointer' ? bareType(bare.to).text : undefined;
};
