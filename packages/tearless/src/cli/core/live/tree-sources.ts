// The source files of a release tree that what lives in tor's memory is defined in.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where tor keeps what lives on its heap; what is below `lib` and `trunnel` is wire, disk, or not tor's own. */
export const reservedRooms: readonly string[] = ['src/app', 'src/core', 'src/feature'];

/** Lists of options that configuration managers make structs of, wherever tor keeps them. */
export const listConfFiles = (tree: string): string[] =>
  readdirSync(join(tree, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.inc') && !name.startsWith('test'))
    .map((name) => join('src', name))
    .sort();

/** C files and headers, from the tree's beginning, in an order that is always the same. */
export const listSources = (tree: string): string[] =>
  reservedRooms.flatMap((room) =>
    readdirSync(join(tree, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => join(room, name))
      .sort(),
  );
