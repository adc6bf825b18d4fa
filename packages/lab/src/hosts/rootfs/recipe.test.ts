import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCodename } from './ensure-rootfs.ts';
import { cacheName, packagesOf, parseSuite, type RootfsRecipe } from './recipe.ts';

const recipe: RootfsRecipe = {
  suite: 'bookworm',
  packages: packagesOf('bookworm'),
  torVersion: '0.4.9.11-0+deb12u1',
  scripts: ['a'],
};

test('whatever changes a root file system changes its name', () => {
  const names = [
    recipe,
    { ...recipe, suite: 'trixie' as const },
    { ...recipe, packages: packagesOf('bookworm', ['python3']) },
    { ...recipe, torVersion: undefined },
    { ...recipe, scripts: ['b'] },
  ].map(cacheName);
  assert.equal(new Set(names).size, names.length);
  assert.match(cacheName(recipe), /^rootfs-bookworm-[0-9a-f]{12}$/);
  assert.equal(cacheName({ ...recipe }), cacheName(recipe));
});

test('both suites have both allocators under the names Debian gives them', () => {
  assert.ok(packagesOf('bookworm').includes('libmimalloc2.0'));
  assert.ok(packagesOf('trixie').includes('libmimalloc3'));
  assert.deepEqual(packagesOf('trixie', ['tor', 'git']), [...packagesOf('trixie'), 'git'].sort());
});

test('an unknown suite is refused with those there are', () => {
  assert.equal(parseSuite('trixie'), 'trixie');
  assert.throws(() => parseSuite('sid'), { code: 'lab-unknown-suite', hint: 'use bookworm or trixie' });
});

test('the codename of a machine is read quoted or not', () => {
  assert.equal(parseCodename('ID=debian\nVERSION_CODENAME=bookworm\n'), 'bookworm');
  assert.equal(parseCodename('VERSION_CODENAME="trixie"\n'), 'trixie');
  assert.equal(parseCodename('ID=arch\n'), undefined);
});
