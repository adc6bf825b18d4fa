// A successor that changes a table which the program never writes to, though it could: the list of directory authorities.
import { inFile, replace } from '../edit-source.ts';
import type { Successor } from './successor.ts';

/** What a tor says that it trusts when it reads the table. */
export const authority = { former: '128.31.0.39:9231', next: '128.31.0.39:9232' };

export const changedTable: Successor = {
  name: 'a changed table of constants',
  verdict: 'code-only',
  reasons: [['live-variable-initialiser', 'config.c:default_authorities']],
  edit: inFile('src/app/config/auth_dirs.inc', replace(authority.former, authority.next)),
};
