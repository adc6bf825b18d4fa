// Headers of a release made ready for updates: room set aside at the end of structs, and in a later release old members kept where
// they were, new ones put into that room. A ledger goes from release to release. Pure text; whether it came out right is asked of the
// compiler's debug information afterwards, never of this.
import { type Arranged, arrangeMembers } from './arrange-members.ts';
import { findStructs, type StructText } from './find-structs.ts';
import type { Ledger, LedgerMember, LedgerStruct } from './ledger.ts';

export interface ReserveOptions {
  /** How many longs are set aside in each struct. */
  readonly longs: number;
  /** Fewer in some, by name. */
  readonly fewLongs?: ReadonlyMap<string, number>;
  /** Names of structs that must stay as they are. */
  readonly excluded: ReadonlySet<string>;
  /** Of the release before. */
  readonly ledger?: Ledger;
}

export interface ReadyHeader {
  readonly text: string;
  readonly ledger: Ledger;
  /** Structs that were left as they are, and why. */
  readonly left: readonly { readonly struct: string; readonly why: string }[];
}

/** Things that travel or lie on disk as they are in memory, and things of which a relay has very many. */
export const usuallyExcluded: ReadonlySet<string> = new Set([
  'cell_t',
  'var_cell_t',
  'packed_cell_t',
  'destroy_cell_t',
  'relay_header_t',
  'cell_ewma_t',
  'tor_addr_t',
  'buf_t',
  'chunk_t',
]);

export const reserveMember = 'tearless_reserve';

/** @param header its path in the tree: structs of one name may stand in several */
export const reserveInHeader = (header: string, text: string, options: ReserveOptions): ReadyHeader => {
  const ledger: Record<string, LedgerStruct> = {};
  const left: { struct: string; why: string }[] = [];
  let ready = text;
  for (const struct of findStructs(text).reverse()) {
    const why = whyLeft(struct, options.excluded);
    if (why !== undefined) {
      left.push({ struct: struct.name, why });
      continue;
    }
    const key = `${header} struct ${struct.name}`;
    const former = options.ledger?.[key];
    const few = former === undefined ? options.fewLongs?.get(struct.name) : former.longs;
    const longs = Math.min(few ?? options.longs, options.longs);
    const { body, entry } = reserveInStruct(struct, former, longs);
    ledger[key] = longs === options.longs ? entry : { ...entry, longs };
    ready = `${ready.slice(0, struct.from)}${body}${ready.slice(struct.to)}`;
  }
  return { text: ready, ledger, left: left.reverse() };
};

const whyLeft = ({ name, isOpaque, members }: StructText, excluded: ReadonlySet<string>): string | undefined => {
  if (excluded.has(name)) return 'excluded by name';
  if (isOpaque) return 'members under a condition of the preprocessor, or packed';
  if (members.some(({ declaration }) => /\[\s*(FLEXIBLE_ARRAY_MEMBER)?\s*\]\s*;$/.test(declaration)))
    return 'it ends with an array of any length';
  return undefined;
};

const reserveInStruct = (
  { members, rest }: StructText,
  former: LedgerStruct | undefined,
  longs: number,
): { readonly body: string; readonly entry: LedgerStruct } => {
  const { base, added, entry } = arrangeMembers(members, former);
  const render = ({ entry: one, text }: Arranged): string => text ?? `\n  ${renderGone(one)}`;
  const room = renderRoom(added.map(render), longs);
  const body = base.map(render).join('');
  return { body: former === undefined ? `${body}${rest}${room}` : `${body}${room}${rest}`, entry };
};

const pointerMember =
  /^(?:(?:const|volatile|struct|union|unsigned)\s+)*\w+\s*(?:const\s*)?\*+\s*(?:const\s+)?(\w+)\s*((?:\[[^\]]*\]\s*)*);$/;

/** A member that is gone keeps its place under a name that nothing uses. What a pointer pointed to may be gone as well. */
const renderGone = ({ names, declaration }: LedgerMember): string => {
  const [, name, counts] = pointerMember.exec(declaration) ?? [];
  if (name !== undefined) return `void *tearless_gone_${name}${counts};`;
  return names.reduce(
    (text, one) => text.replace(new RegExp(`\\b${one}\\b(?=\\s*(?:\\)|\\[|,|:|;))`), `tearless_gone_${one}`),
    declaration,
  );
};

const renderRoom = (members: readonly string[], longs: number): string => {
  const inside = members.length === 0 ? '' : ` struct {${members.join('')}\n  };`;
  return `\n  union { unsigned long ${reserveMember}[${longs}];${inside} };\n`;
};
