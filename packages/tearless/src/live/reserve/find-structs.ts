// Definitions of structs in a C header, as text: where each begins and ends, and its members. Not a C compiler: what it does not
// understand it leaves out, and the compiler and its debug information say afterwards what became of it. Pure.

export interface MemberText {
  /** Several where one declaration has several; none of an anonymous struct or union. */
  readonly names: readonly string[];
  /** As it stands, with its comments. */
  readonly text: string;
  /** Without comments, in single spaces: equal for equal declarations. */
  readonly declaration: string;
}

export interface StructText {
  readonly name: string;
  /** Of what stands between the braces, in the header's text. */
  readonly from: number;
  readonly to: number;
  readonly members: readonly MemberText[];
  /** Behind the last member. */
  readonly rest: string;
  /** Its closing brace is followed by an attribute, such as `packed`, or a member is not understood. */
  readonly isOpaque: boolean;
}

/** Where the comment or literal that begins at a place ends; undefined when none begins there. */
const passToken = (text: string, at: number): number | undefined => {
  const two = text.slice(at, at + 2);
  if (two === '/*') {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (two === '//') {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  const quote = text[at];
  if (quote !== '"' && quote !== "'") return undefined;
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === quote) return end + 1;
  }
  return text.length;
};

/** The place of what closes the brace or parenthesis at `at`; undefined when nothing does. */
export const closingOf = (text: string, at: number): number | undefined => {
  let depth = 0;
  for (let place = at; place < text.length; place++) {
    const end = passToken(text, place);
    if (end !== undefined) place = end - 1;
    else if ('{('.includes(text[place] ?? '')) depth += 1;
    else if ('})'.includes(text[place] ?? '') && --depth === 0) return place;
  }
  return undefined;
};

const head = /^(?:typedef\s+)?struct\s+([A-Za-z_]\w*)\s*\{/gm;

/** Structs with a name, at the beginning of a line. */
export const findStructs = (text: string): StructText[] =>
  [...text.matchAll(head)].flatMap((match) => {
    const open = match.index + match[0].length - 1;
    const close = closingOf(text, open);
    const [, name] = match;
    if (close === undefined || name === undefined) return [];
    const body = text.slice(open + 1, close);
    const { members, rest, isUnderstood } = splitMembers(body);
    const tail = text.slice(close + 1, text.indexOf(';', close));
    const isOpaque = !isUnderstood || /__attribute__|packed/i.test(tail);
    return [{ name, from: open + 1, to: close, members, rest, isOpaque }];
  });

const splitMembers = (
  body: string,
): { readonly members: readonly MemberText[]; readonly rest: string; readonly isUnderstood: boolean } => {
  const members: MemberText[] = [];
  let from = 0;
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const end = passToken(body, at);
    if (end !== undefined) {
      at = end - 1;
      continue;
    }
    const character = body[at] ?? '';
    if ('{('.includes(character)) depth += 1;
    else if (')}'.includes(character)) depth -= 1;
    else if (character === ';' && depth === 0) {
      const after = endOfRemark(body, at + 1);
      members.push(readMember(body.slice(from, after)));
      from = after;
      at = after - 1;
    }
  }
  const rest = body.slice(from);
  // Conditions of the preprocessor are not; macros that stand for members are taken as they are.
  const isUnderstood =
    !/^\s*#(?!\s*define\b)/m.test(body) &&
    plain(rest) === '' &&
    members.every(({ names, declaration }) => names.length > 0 || /[})]\s*;$/.test(declaration));
  return { members, rest, isUnderstood };
};

/** A comment on the same line belongs to the member before it. */
const endOfRemark = (text: string, at: number): number => {
  const [space = ''] = /^[ \t]*/.exec(text.slice(at)) ?? [];
  const place = at + space.length;
  return text.startsWith('/*', place) || text.startsWith('//', place) ? (passToken(text, place) ?? at) : at;
};

export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\/\/.*$/gm, ' ');

const plain = (text: string): string =>
  withoutComments(text)
    .replace(/^[ \t]*#[ \t]*define\b(?:.*\\\n)*.*$/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const pointerToFunction = /\(\s*\*\s*(?:const\s+)?([A-Za-z_]\w*)\s*(?:\[[^\]]*\]\s*)?\)\s*\(/;
const lastName = /([A-Za-z_]\w*)\s*(?:\[[^\]]*\]\s*)*(?::\s*[\w\s()+*-]+)?;$/;

const readMember = (text: string): MemberText => {
  const declaration = plain(text);
  if (/\}\s*;$/.test(declaration)) return { names: [], text, declaration };
  const pointer = pointerToFunction.exec(declaration)?.[1];
  if (pointer !== undefined) return { names: [pointer], text, declaration };
  const names = declaration
    .replace(/;$/, '')
    .replace(/^.*\}/s, '')
    .split(',')
    .map((part) => lastName.exec(`${part.trim()};`)?.[1]);
  return { names: names.every((name) => name !== undefined) ? names : [], text, declaration };
};
