// Calls as a rule writes them: `event_base_loopbreak(tor_libevent_get_base())`, `mark_my_descriptor_dirty("new version")`. Text in,
// values out; nothing of it is ever handed to a compiler.

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: readonly Argument[];
}

export type Argument =
  | Call
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'text'; readonly text: string }
  /** An enumerator, or `NULL`. */
  | { readonly kind: 'name'; readonly name: string };

const token =
  /\s*(?:([A-Za-z_][\w.]*(?::[A-Za-z_]\w*)?)|(-?(?:0x[0-9a-fA-F]+|\d+))|"((?:[^"\\\p{Cc}]|\\["\\])*)"|([(),]))/uy;
/** As many as are handed over in registers (psABI x86-64, "Parameter Passing"). */
const mostArguments = 6;
const mostDepth = 8;

/** @throws Error that says what is wrong */
export const parseCall = (text: string): Call => {
  let at = 0;
  const take = (): RegExpExecArray | undefined => {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found !== null) at = token.lastIndex;
    return found ?? undefined;
  };
  const isNext = (mark: string): boolean => {
    const before = at;
    if (take()?.[4] === mark) return true;
    at = before;
    return false;
  };
  const fail = (wanted: string): Error =>
    new Error(`'${text}': expected ${wanted} at ${at < text.length ? `'${text.slice(at, at + 20)}'` : 'the end'}`);
  const argument = (depth: number): Argument => {
    const [, word, digits, quoted] = take() ?? [];
    if (quoted !== undefined) return { kind: 'text', text: quoted.replace(/\\(.)/g, '$1') };
    if (digits !== undefined)
      return { kind: 'number', value: digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits) };
    if (word === undefined) throw fail('an argument');
    return isNext('(') ? call(word, depth + 1) : { kind: 'name', name: word };
  };
  const call = (name: string, depth: number): Call => {
    if (depth > mostDepth) throw new Error(`'${text}': calls within calls more than ${mostDepth} deep`);
    const list: Argument[] = [];
    if (!isNext(')')) {
      do list.push(argument(depth));
      while (isNext(','));
      if (!isNext(')')) throw fail("')'");
    }
    if (list.length > mostArguments) throw new Error(`'${text}': more than ${mostArguments} arguments`);
    return { kind: 'call', name, arguments: list };
  };
  const first = argument(0);
  if (first.kind !== 'call') throw new Error(`'${text}' is no call`);
  if (text.slice(at).trim() !== '') throw fail('nothing more');
  return first;
};
