import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DaemonError } from './daemon-error.ts';
import {
  type AllocatorDropIn,
  findOverridingDropIns,
  mergeEnvironment,
  parseDropIn,
  parseUnitFile,
  renderDropIn,
} from './drop-in.ts';

const golden = new URL('testdata/drop-in/', import.meta.url);
const names = readdirSync(golden)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));
assert.ok(names.length > 0, 'golden files are missing');

for (const name of names) {
  test(`the drop-in ${name} is written byte for byte`, () => {
    const input: AllocatorDropIn = JSON.parse(readFileSync(new URL(`${name}.json`, golden), 'utf8'));
    const expected = readFileSync(new URL(`${name}.conf`, golden), 'utf8');
    assert.equal(renderDropIn(input), expected);
    assert.deepEqual(parseDropIn(expected), input);
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is kept out
const printable = (text: string): boolean => !/[\u0000-\u001f\u007f-\u009f]/.test(text);
const value = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('%', '"', "'", '\\', ' ', '$', 'n', 'x41', '#', '='), maxLength: 40 }),
  )
  .filter(printable);
const library = value.map((text) => `/lib${text.replace(/[\s:$]/g, '_')}.so`);
const variable = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/)
  .filter((name) => !['LD_PRELOAD', '__proto__'].includes(name));

test('any drop-in is read back as it was', () => {
  fc.assert(
    fc.property(library, fc.dictionary(variable, value, { maxKeys: 4, noNullPrototype: true }), (path, environment) => {
      const dropIn: AllocatorDropIn =
        Object.keys(environment).length === 0 ? { library: path } : { library: path, environment };
      assert.deepEqual(parseDropIn(renderDropIn(dropIn)), dropIn);
    }),
    { seed: 20251226, numRuns: 500 },
  );
});

test('what systemd or ld.so would read as something else is refused', () => {
  const refused: readonly [string, AllocatorDropIn][] = [
    ['daemon-bad-library', { library: 'libmimalloc.so' }],
    ['daemon-bad-library', { library: '/usr/lib/a.so:/usr/lib/b.so' }],
    ['daemon-bad-library', { library: '/usr/lib/a b.so' }],
    ['daemon-bad-library', { library: '/usr/$LIB/a.so' }],
    ['daemon-bad-library', { library: '/usr/lib/' }],
    ['daemon-bad-library', { library: '/usr/lib/a.so\n[Service]\nUser=root' }],
    ['daemon-bad-environment', { library: '/a.so', environment: { A: 'x\nUser=root' } }],
    ['daemon-bad-environment', { library: '/a.so', environment: { A: 'x\0' } }],
    ['daemon-bad-environment', { library: '/a.so', environment: { A: '\ud800' } }],
    ['daemon-bad-environment', { library: '/a.so', environment: { 'A=B': 'x' } }],
    ['daemon-bad-environment', { library: '/a.so', environment: { '7A': 'x' } }],
    ['daemon-bad-environment', { library: '/a.so', environment: { LD_PRELOAD: '/b.so' } }],
  ];
  for (const [code, dropIn] of refused) {
    assert.throws(
      () => renderDropIn(dropIn),
      (error) => error instanceof DaemonError && error.code === code,
      JSON.stringify(dropIn),
    );
  }
});

test('a unit file is read with comments, continued lines and sections', () => {
  const text = [
    'Orphan=before any section',
    '# comment',
    '[Service]',
    '  ; another',
    'ExecStart=/usr/bin/tor \\',
    '# a comment in between is skipped',
    '  -f /etc/tor/torrc',
    'Environment="A=\\\\"\r',
    '[Unit]',
    'After = a.service',
    'no assignment',
    '',
  ].join('\n');
  assert.deepEqual(parseUnitFile(text), [
    { section: 'Service', key: 'ExecStart', value: '/usr/bin/tor  -f /etc/tor/torrc', line: 5 },
    { section: 'Service', key: 'Environment', value: '"A=\\\\"', line: 8 },
    { section: 'Unit', key: 'After', value: 'a.service', line: 10 },
  ]);
});

test('environment merges as systemd merges it', () => {
  const merged = mergeEnvironment([
    '[Service]\nEnvironment=GONE=1\nEnvironment=\nEnvironment=A=1 "B=two words" C=\\x41',
    "[Service]\nEnvironment=A=2 'D=a\"b' bad-name=1 E=x=y\n[Unit]\nEnvironment=NO=1",
    '[Service]\nEnvironment="UNCLOSED=1\nUnsetEnvironment=B E=other',
  ]);
  assert.deepEqual(Object.fromEntries(merged), { A: '2', C: 'A', D: 'a"b', E: 'x=y' });
});

test('a drop-in with more than an environment is not taken for ours', () => {
  assert.equal(parseDropIn('[Service]\nUser=x\nEnvironment=LD_PRELOAD=/a.so\n'), undefined);
  assert.equal(parseDropIn('[Service]\nEnvironment=A=1\n'), undefined);
});

test('drop-ins that come later and undo ours are named with their line', () => {
  const directory = '/etc/systemd/system/tor@a.service.d';
  const found = findOverridingDropIns([
    { path: `${directory}/10-early.conf`, text: '[Service]\nEnvironment=LD_PRELOAD=/early.so\n' },
    { path: `${directory}/50-tearless-allocator.conf`, text: renderDropIn({ library: '/ours.so' }) },
    {
      path: `${directory}/override.conf`,
      text: '[Service]\nNice=5\nEnvironment=LD_PRELOAD=/late.so\nEnvironment=X=1\n',
    },
    { path: '/etc/systemd/system/tor@.service.d/zz.conf', text: '[Service]\nUnsetEnvironment=A LD_PRELOAD\n' },
    { path: `${directory}/60-reset.conf`, text: '[Service]\nEnvironment=\n' },
  ]);
  assert.deepEqual(
    found.map(({ path, line }) => [path.slice(path.lastIndexOf('/') + 1), line]),
    [
      ['override.conf', 3],
      ['zz.conf', 2],
      ['60-reset.conf', 2],
    ],
  );
});
