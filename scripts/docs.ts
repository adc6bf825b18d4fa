// Writes the generated part of docs/reference.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReference } from './reference.ts';

const directory = join(import.meta.dirname, '..', 'docs', 'reference');
for (const [name, text] of await renderReference()) {
  writeFileSync(join(directory, name), text);
  console.error(`docs/reference/${name}`);
}
