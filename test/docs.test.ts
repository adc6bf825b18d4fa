import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { renderReference } from '../scripts/reference.ts';

const root = join(import.meta.dirname, '..');

describe('the documentation', () => {
  it('has a reference that says what the program does now', async () => {
    for (const [name, text] of await renderReference())
      assert.equal(
        readFileSync(join(root, 'docs', 'reference', name), 'utf8'),
        text,
        `docs/reference/${name} is stale: npm run docs`,
      );
  });

  it('links to files that exist', () => {
    const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
    assert.ok(pages.length > 5);
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('names every runtime dependency with its reason', () => {
    const text = readFileSync(join(root, 'dependencies.md'), 'utf8');
    const names = globSync(['package.json', 'packages/*/package.json'], { cwd: root }).flatMap((file) => {
      const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
        readFileSync(join(root, file), 'utf8'),
      ) as Record<string, Record<string, string>>;
      return [...Object.keys(dependencies), ...Object.keys(optionalDependencies)].filter(
        (name) => !name.startsWith('@tearless/') && name !== 'tearless',
      );
    });
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name) => !text.includes(`| \`${name}\` |`)),
      [],
    );
  });
});
