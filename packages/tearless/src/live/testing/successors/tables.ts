// A successor that changes a table which the program never writes to, though it could: the list of directory authorities.
import { inFile, replace } from '../edit-source.ts';
import type { Successor } from './successor.ts';

export const changedTable: Successor = {
  name: 'a changed table of constants',
  verdict: 'code-only',
  reasons: [['live-variable-initialiser', 'config.c:default_authorities']],
  edit: inFile('src/app/config/auth_dirs.inc', replace('"moria1 orport=9201 "', '"moria1 orport=9202 "')),
};
