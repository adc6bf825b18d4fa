// Structs that tor's configuration managers make of lists of options (BEGIN_CONF_STRUCT, CONF_VAR, END_CONF_STRUCT in `.inc` files), made
// ready for updates. Such a list is read several times, once as a struct and otherwise as a table: what is added here is the struct's
// alone. Objects of these are zeroed when they are made, and copied member by member, so room harms none. Pure text.
import { arrangeMembers } from './arrange-members.ts';
import { closingOf, type MemberText, withoutComments } from './find-structs.ts';
import type { LedgerStruct } from './ledger.ts';
import { type ReadyHeader, type ReserveOptions, reserveMember } from './reserve.ts';

interface ConfStruct {
  readonly name: string;
  /** Of what stands between its begin and its end. */
  readonly from: number;
  readonly to: number;
  readonly members: readonly MemberText[];
  readonly rest: string;
}

const begin = /^BEGIN_CONF_STRUCT\((\w+)\)/gm;
const variable = /^CONF_VAR\(/gm;
const named = /^CONF_VAR\(\s*(\w+)\s*,\s*(\w+)\s*,/;

/** Names of those that a file makes. */
export const listConfStructs = (text: string): string[] =>
  [...withoutComments(text).matchAll(begin)].flatMap(([, name]) => name ?? []);

/** Undefined where something else than options stands in it. */
const readConfStruct = (text: string, name: string): ConfStruct | undefined => {
  const head = `BEGIN_CONF_STRUCT(${name})`;
  const from = text.indexOf(head) + head.length;
  const to = text.indexOf(`END_CONF_STRUCT(${name})`, from);
  if (to < 0) return undefined;
  const body = text.slice(from, to);
  const members: MemberText[] = [];
  let end = 0;
  for (const match of body.matchAll(variable)) {
    const close = closingOf(body, match.index + match[0].length - 1);
    const [, member, type] = named.exec(withoutComments(body.slice(match.index, close))) ?? [];
    if (close === undefined || member === undefined || type === undefined) return undefined;
    // Its default is no matter of layouts.
    members.push({ names: [member], text: body.slice(end, close + 1), declaration: `${type} ${member};` });
    end = close + 1;
  }
  const rest = body.slice(end);
  const isPlain = !/^\s*#/m.test(body) && withoutComments(rest).trim() === '';
  return isPlain ? { name, from, to, members, rest } : undefined;
};

/** @param path of the file in the tree */
export const reserveInConf = (path: string, text: string, options: ReserveOptions): ReadyHeader => {
  const ledger: Record<string, LedgerStruct> = {};
  const left: { struct: string; why: string }[] = [];
  let ready = text;
  for (const name of listConfStructs(text)) {
    const struct = readConfStruct(ready, name);
    const why = options.excluded.has(name)
      ? 'excluded by name'
      : struct === undefined
        ? 'more than options stand in it'
        : undefined;
    if (struct === undefined || why !== undefined) {
      left.push({ struct: name, why: why ?? '' });
      continue;
    }
    const key = `${path} struct ${name}`;
    const { base, added, entry } = arrangeMembers(struct.members, options.ledger?.[key]);
    const body = base
      .map(({ text: own, entry: { declaration } }) => own ?? onlyAsStruct(renderGone(declaration)))
      .join('');
    const inside = added.map(({ text: own, entry: { declaration } }) => own ?? onlyAsStruct(renderGone(declaration)));
    ledger[key] = entry;
    ready = `${ready.slice(0, struct.from)}${body}${renderRoom(inside, options.longs)}${struct.rest}${ready.slice(struct.to)}`;
  }
  return { text: Object.keys(ledger).length === 0 ? ready : `${asStruct}${ready}`, ledger, left };
};

/** What a condition can ask: words that mean nothing count as 0. */
const asStruct = '#ifndef TEARLESS_AS_STRUCT\n#define TEARLESS_AS_STRUCT 1\n#endif\n';

const onlyAsStruct = (text: string): string => `\n#if PASTE(TEARLESS_AS_, CONF_CONTEXT)\n${text}\n#endif\n`;

const renderGone = (declaration: string): string => {
  const [type, name] = declaration.replace(';', '').split(' ');
  return `config_decl_${type} tearless_gone_${name};`;
};

const renderRoom = (inside: readonly string[], longs: number): string => {
  const room = `union { unsigned long ${reserveMember}[${longs}];`;
  if (inside.length === 0) return onlyAsStruct(`${room} };`);
  return `${onlyAsStruct(`${room} struct {`)}${inside.join('')}${onlyAsStruct('}; };')}`;
};
