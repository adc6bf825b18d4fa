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

const library = fc
  .tuple(
    fc.constantFrom('/usr/lib', '/lib', '/usr/local/lib'),
    fc.array(fc.stringMatching(/^[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,8}$/), { minLength: 1, maxLength: 3 }),
  )
  .map(([directory, names]) => [directory, ...names].join('/'));
const variables = fc.record(
  {
    MALLOC_CONF: fc.stringMatching(/^[A-Za-oq-z0-9_:,.-]{1,20}$/),
    MALLOC_ARENA_MAX: fc.nat().map(String),
    MIMALLOC_PURGE_DELAY: fc.stringMatching(/^[A-Za-z0-9]{1,8}$/),
    TCMALLOC_RELEASE_RATE: fc.constantFrom('1.5', 't', 'false'),
    GLIBC_TUNABLES: fc.nat().map((size) => `glibc.malloc.arena_max=${size}:glibc.malloc.tcache_count=0`),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('any drop-in is read back as it was', () => {
  fc.assert(
    fc.property(library, variables, (path, environment) => {
      const dropIn: AllocatorDropIn =
        Object.keys(environment).length === 0 ? { library: path } : { library: path, environment };
      assert.deepEqual(parseDropIn(renderDropIn(dropIn)), dropIn);
    }),
    { seed: 20251226, numRuns: 500 },
  );
});

test('what systemd or ld.so would read as something else, and what no host takes, is refused', () => {
  const library = '/usr/lib/a.so';
  const refused: readonly [string, AllocatorDropIn][] = [
    ['daemon-bad-library', { library: 'libmimalloc.so' }],
    ['daemon-bad-library', { library: '/usr/lib/a.so:/usr/lib/b.so' }],
    ['daemon-bad-library', { library: '/usr/lib/a b.so' }],
    ['daemon-bad-library', { library: '/usr/$LIB/a.so' }],
    ['daemon-bad-library', { library: '/usr/lib/' }],
    ['daemon-bad-library', { library: '/usr/lib/../../tmp/a.so' }],
    ['daemon-bad-library', { library: '/usr/lib/./a.so' }],
    ['daemon-bad-library', { library: '/usr/lib//a.so' }],
    ['daemon-bad-library', { library: '/tmp/a.so' }],
    ['daemon-bad-library', { library: '/usr/lib/a.so\n[Service]\nUser=root' }],
    ['daemon-bad-environment', { library, environment: { MALLOC_CONF: 'x\nUser=root' } }],
    ['daemon-bad-environment', { library, environment: { MALLOC_CONF: 'prof:true' } }],
    ['daemon-bad-environment', { library, environment: { MIMALLOC_X: '%h' } }],
    ['daemon-bad-environment', { library, environment: { MALLOC_ARENA_MAX: 'two' } }],
    ['daemon-bad-environment', { library, environment: { GLIBC_TUNABLES: 'glibc.rtld.nns=9' } }],
    ['daemon-bad-environment', { library, environment: { PATH: '/x' } }],
    ['daemon-bad-environment', { library, environment: { LD_PRELOAD: '/usr/lib/b.so' } }],
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
    { path: `${directory}/50-tearless-allocator.conf`, text: renderDropIn({ library: '/usr/lib/ours.so' }) },
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
