// Room set aside in the structs of a copied tree.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findStructs } from '../../../live/reserve/find-structs.ts';
import type { Ledger } from '../../../live/reserve/ledger.ts';
import { reserveInHeader } from '../../../live/reserve/reserve.ts';
import { listSources } from './tree-sources.ts';

export interface ReservedTree {
  readonly ledger: Ledger;
  readonly left: readonly { readonly struct: string; readonly why: string }[];
}

/**
 * @param longs in each struct
 * @param former what the release before had
 * @param whyLeft undefined for a struct that gets room
 */
export const reserveInTree = (
  tree: string,
  longs: number,
  former: Ledger | undefined,
  whyLeft: (struct: string) => string | undefined,
): ReservedTree => {
  const ledger: Record<string, Ledger[string]> = {};
  const left: { struct: string; why: string }[] = [];
  for (const name of listSources(tree).filter((path) => path.endsWith('.h'))) {
    const path = join(tree, name);
    // A byte a character: whatever the header holds stays.
    const text = readFileSync(path, 'latin1');
    const excluded = new Set(
      findStructs(text).flatMap((struct) => (whyLeft(struct.name) === undefined ? [] : struct.name)),
    );
    const options = { longs, excluded, ...(former === undefined ? {} : { ledger: former }) };
    const ready = reserveInHeader(name, text, options);
    Object.assign(ledger, ready.ledger);
    left.push(...ready.left.map(({ struct, why }) => ({ struct, why: whyLeft(struct) ?? why })));
    if (ready.text !== text) writeFileSync(path, ready.text, 'latin1');
  }
  return { ledger, left };
};
