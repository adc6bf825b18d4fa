import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIndexTargets, parseTrust, planSources, renderSourcesList } from './apt-sources.ts';

const listed = `Debian|bookworm|bookworm|http://mirror.example/debian/|main|/etc/apt/sources.list.d/debian.sources:1
Debian|bookworm|bookworm|http://mirror.example/debian/|contrib|/etc/apt/sources.list.d/debian.sources:1
Debian|bookworm-updates|stable-updates|http://mirror.example/debian/|main|/etc/apt/sources.list.d/debian.sources:1
Debian|bookworm-backports|bookworm-backports|http://mirror.example/debian/|main|/etc/apt/sources.list:3
Debian|bookworm-security|bookworm-security|mirror+file:/etc/apt/mirrors/security.list|main|/etc/apt/sources.list:2
TorProject|bookworm|bookworm|https://tor.example/torproject.org/|main|/etc/apt/sources.list.d/tor.list:1
`;

test('the machine’s mirrors serve its own suite and another one', () => {
  const targets = parseIndexTargets(listed);
  const expected = (suite: string) => [
    `http://mirror.example/debian/ ${suite}`,
    `http://mirror.example/debian/ ${suite}-updates`,
    `mirror+file:/etc/apt/mirrors/security.list ${suite}-security`,
  ];
  for (const suite of ['bookworm', 'trixie']) {
    const sources = planSources(targets, 'bookworm', suite);
    assert.deepEqual(
      sources.map((source) => `${source.uri} ${source.suite}`),
      expected(suite),
    );
  }
});

test('before the first update apt knows no origins, and what is configured for the machine is taken', () => {
  const bare = '$(ORIGIN)|$(CODENAME)|trixie|https://deb.example/|main|/etc/apt/sources.list.d/x.sources:1\n';
  assert.deepEqual(planSources(parseIndexTargets(bare), 'trixie', 'bookworm'), [
    { uri: 'https://deb.example/', suite: 'bookworm', file: '/etc/apt/sources.list.d/x.sources' },
  ]);
});

test('an archive of another release is none of the machine’s', () => {
  assert.deepEqual(planSources(parseIndexTargets(listed), 'trixie', 'bookworm'), []);
});

test('an output that is not apt’s is refused', () => {
  assert.throws(() => parseIndexTargets('a|b\n'), TypeError);
  assert.throws(() => parseIndexTargets('Debian|x|$(RELEASE)|http://a/|main|/f:1\n'), TypeError);
});

test('keys and trust are found in both forms of an entry, not in comments', () => {
  const deb822 = 'Types: deb\nURIs: http://a/\nSigned-By: /usr/share/keyrings/a.gpg\n#Trusted: yes\n';
  assert.deepEqual(parseTrust(deb822), { keyrings: ['/usr/share/keyrings/a.gpg'], trusted: false });
  const line =
    'deb [arch=amd64 signed-by=/etc/k.asc trusted=yes] http://a/ bookworm main\n# deb [signed-by=/no.gpg] x\n';
  assert.deepEqual(parseTrust(line), { keyrings: ['/etc/k.asc'], trusted: true });
});

test('sources are written as apt reads them', () => {
  const sources = [{ uri: 'http://a/debian/', suite: 'trixie', file: '/f' }];
  assert.equal(renderSourcesList(sources, false), 'deb http://a/debian/ trixie main\n');
  assert.equal(renderSourcesList(sources, true), 'deb [trusted=yes] http://a/debian/ trixie main\n');
});
