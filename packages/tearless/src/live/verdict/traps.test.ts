// Each trap of live updates has a test, and the page that lists them names it rightly.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

const root = join(import.meta.dirname, '../../../../..');
/** What tests are called: where one is begun, or in a list of cases, each of which becomes one. */
const title = /(?:\b(?:it|test)\(|\bwhat:)\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;
const row = /^\| .+ \| .+ \| `([^`]+)`: (.+) \|$/gm;

it('every trap that the page lists has the test that it names', () => {
  const page = readFileSync(join(root, 'docs/explanation/live-updates.md'), 'utf8');
  const rows = [...page.matchAll(row)];
  const [, section = ''] = page.split(/^## Traps$/m);
  const lines = (section.split(/^## /m)[0] ?? '').split('\n').filter((line) => /^\| (?!trap \|)/.test(line));
  assert.ok(rows.length > 25);
  assert.equal(lines.length, rows.length, 'each row names its test');
  const missing = rows.flatMap(([, file = '', name = '']) => {
    const path = file.startsWith('live/') ? join('packages/tearless/src', file) : join('test/integration', file);
    const titles = [...readFileSync(join(root, path), 'utf8').matchAll(title)].map(([, , text = '']) => text);
    return titles.some((text) => text.includes(name)) ? [] : [`${path}: ${name}`];
  });
  assert.deepEqual(missing, []);
});
