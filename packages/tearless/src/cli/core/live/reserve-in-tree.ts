// Room set aside in the structs of a copied tree.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fewLongs } from '../../../live/build/reserve-facts.ts';
import { listConfStructs, reserveInConf } from '../../../live/reserve/conf-struct.ts';
import { findStructs } from '../../../live/reserve/find-structs.ts';
import type { Ledger } from '../../../live/reserve/ledger.ts';
import { reserveInHeader } from '../../../live/reserve/reserve.ts';
import { listConfFiles, listSources } from './tree-sources.ts';

export interface ReservedTree {
  readonly ledger: Ledger;
  readonly left: readonly { readonly struct: string; readonly why: string }[];
}

/**
 * @param longs in each struct
 * @param former what the release before had
 * @param whyLeft undefined for a struct that gets room; `isManaged`: configuration managers make it
 */
export const reserveInTree = (
  tree: string,
  longs: number,
  former: Ledger | undefined,
  whyLeft: (struct: string, isManaged: boolean) => string | undefined,
): ReservedTree => {
  const ledger: Record<string, Ledger[string]> = {};
  const left: { struct: string; why: string }[] = [];
  const files = [
    ...listSources(tree).flatMap((name) => (name.endsWith('.h') ? [{ name, isManaged: false }] : [])),
    ...listConfFiles(tree).map((name) => ({ name, isManaged: true })),
  ];
  for (const { name, isManaged } of files) {
    const path = join(tree, name);
    // A byte a character: whatever the header holds stays.
    const text = readFileSync(path, 'latin1');
    const structs = isManaged ? listConfStructs(text) : findStructs(text).map((struct) => struct.name);
    const excluded = new Set(structs.filter((struct) => whyLeft(struct, isManaged) !== undefined));
    const options = { longs, fewLongs, excluded, ...(former === undefined ? {} : { ledger: former }) };
    const ready = isManaged ? reserveInConf(name, text, options) : reserveInHeader(name, text, options);
    Object.assign(ledger, ready.ledger);
    left.push(...ready.left.map(({ struct, why }) => ({ struct, why: whyLeft(struct, isManaged) ?? why })));
    if (ready.text !== text) writeFileSync(path, ready.text, 'latin1');
  }
  return { ledger, left };
};
