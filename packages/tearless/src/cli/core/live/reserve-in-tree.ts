// Room set aside in the structs of a copied tree.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../../live/reserve/ledger.ts';
import { reserveInHeader, usuallyExcluded } from '../../../live/reserve/reserve.ts';

/** Where tor keeps what lives on its heap; what is below `lib` and `trunnel` is wire, disk, or not tor's own. */
const rooms = ['src/app', 'src/core', 'src/feature'];

export interface ReservedTree {
  readonly ledger: Ledger;
  readonly left: readonly { readonly struct: string; readonly why: string }[];
}

/** @param longs in each struct. @param former what the release before had */
export const reserveInTree = (tree: string, longs: number, former: Ledger | undefined): ReservedTree => {
  const ledger: Record<string, Ledger[string]> = {};
  const left: { struct: string; why: string }[] = [];
  for (const room of rooms) {
    const headers = readdirSync(join(tree, room), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.h'),
    );
    for (const name of headers.sort()) {
      const path = join(tree, room, name);
      // A byte a character: whatever the header holds stays.
      const text = readFileSync(path, 'latin1');
      const options = { longs, excluded: usuallyExcluded, ...(former === undefined ? {} : { ledger: former }) };
      const ready = reserveInHeader(join(room, name), text, options);
      Object.assign(ledger, ready.ledger);
      left.push(...ready.left);
      if (ready.text !== text) writeFileSync(path, ready.text, 'latin1');
    }
  }
  return { ledger, left };
};
