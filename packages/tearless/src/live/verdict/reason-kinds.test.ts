import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { type ReasonKind, reasonKinds } from './reason-kinds.ts';

const page = readFileSync(new URL('../../../../../docs/how-to/judge-a-live-update.md', import.meta.url), 'utf8');

it('every kind of reason stands on the page, with what would make it pass', () => {
  const kinds: [string, ReasonKind][] = Object.entries(reasonKinds);
  assert.deepEqual(
    page.split('\n').filter((line) => line.startsWith('| `live-')),
    kinds.map(([code, { what, why, helps }]) => `| \`${code}\` | ${what}: ${why} | ${helps ?? 'nothing is needed'} |`),
  );
});
