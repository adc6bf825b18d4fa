import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TorError } from './error.ts';
import {
  compareVersions,
  parsePlatform,
  parseVersion,
  renderVersion,
  type TorVersion,
  versionStatus,
} from './version.ts';

// Oldest first. The order is that of version-spec §1 and §2.
const ascending = [
  '0.0.2pre13',
  '0.0.2pre14',
  '0.0.6rc1',
  '0.0.6',
  '0.0.6.1',
  '0.0.8pre1',
  '0.0.8rc1',
  '0.0.8',
  '0.0.8.1',
  '0.1.1.1-alpha',
  '0.1.1.1-alpha-cvs',
  '0.1.1.2-alpha',
  '0.1.1.6',
  '0.1.1.7',
  '0.1.2.1-alpha',
  '0.1.2.1-alpha-dev',
  '0.2.9.14',
  '0.2.10.0',
  '0.4.8.12',
  '0.4.9.1-alpha',
  '0.4.9.2-alpha-dev',
  '0.4.9.3-rc',
  '0.4.9.11',
  '0.4.9.15',
  '0.4.10.1',
  '1.0',
];

const versions: fc.Arbitrary<TorVersion> = fc.record(
  {
    major: fc.nat(2),
    minor: fc.nat(12),
    micro: fc.nat(12),
    status: fc.constantFrom('pre', 'rc', 'release'),
    patchLevel: fc.nat(20),
    statusTag: fc.constantFrom('', 'alpha', 'alpha-dev', 'rc', 'dev', 'beta'),
    extraInfo: fc.constantFrom([], ['git-0123456789abcdef'], ['r1234', 'debian']),
  },
  { noNullPrototype: true },
);

describe('version', () => {
  test('orders the releases of twenty years', () => {
    const sorted = ascending.map(parseVersion).toReversed().sort(compareVersions);
    assert.deepEqual(sorted, ascending.map(parseVersion));
    for (let i = 1; i < sorted.length; i++) {
      const [a, b] = [sorted[i - 1], sorted[i]];
      assert.ok(a && b && compareVersions(a, b) < 0, `${ascending[i - 1]} before ${ascending[i]}`);
    }
  });

  test('absent numbers are zero', () => {
    assert.equal(compareVersions(parseVersion('0.0.6'), parseVersion('0.0.6.0')), 0);
    assert.equal(compareVersions(parseVersion('0.4'), parseVersion('0.4.0.0')), 0);
  });

  test('extra information is kept and never compared', () => {
    const version = parseVersion('Tor 0.4.9.11 (git-0123456789abcdef) (debian)');
    assert.deepEqual(version.extraInfo, ['git-0123456789abcdef', 'debian']);
    assert.equal(compareVersions(version, parseVersion('0.4.9.11')), 0);
  });

  test('reads platform lines and the output of tor --version', () => {
    assert.equal(renderVersion(parsePlatform('Tor 0.4.9.11 on Linux') ?? parseVersion('0.0')), '0.4.9.11');
    assert.equal(parsePlatform('Tor 0.4.8.1-alpha-dev (git-0123abcd) on FreeBSD')?.statusTag, 'alpha-dev');
    assert.equal(parsePlatform('Tor version 0.4.9.11.')?.patchLevel, 11);
    assert.equal(parsePlatform('Arti 1.4.0'), null);
  });

  test('refuses what is no version', () => {
    for (const text of [
      '',
      'Tor',
      '0',
      '0.',
      '0.4.9.x',
      '0.4.9.11.1',
      '0.4.9.11foo',
      '-0.4',
      '0.4.99999999999',
      'v0.4.9',
    ])
      assert.throws(() => parseVersion(text), isBadVersion, text);
    assert.throws(() => parsePlatform('Tor nonsense on Linux'), isBadVersion);
  });

  test('stands to the recommended versions as version-spec §3 says', () => {
    const recommended = ['0.4.7.16', '0.4.8.10', '0.4.8.12', '0.4.9.11'].map(parseVersion);
    const status = (text: string) => versionStatus(parseVersion(text), recommended);
    assert.equal(status('0.4.8.12'), 'recommended');
    assert.equal(status('0.4.9.12'), 'new');
    assert.equal(status('0.4.6.1'), 'old');
    assert.equal(status('0.4.8.13'), 'new-in-series');
    assert.equal(status('0.4.8.11'), 'unrecommended');
    assert.equal(versionStatus(parseVersion('0.4.9.11'), []), 'unknown');
  });

  test('what is rendered reads back the same', () => {
    fc.assert(
      fc.property(versions, (version) => assert.deepEqual(parseVersion(renderVersion(version)), version)),
      { seed: 1 },
    );
  });

  test('the order is total: antisymmetric, transitive, and zero only for the same release', () => {
    fc.assert(
      fc.property(versions, versions, versions, (a, b, c) => {
        const sign = (x: TorVersion, y: TorVersion) => Math.sign(compareVersions(x, y));
        assert.equal(sign(a, b), -sign(b, a) || 0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) assert.ok(sign(a, c) <= 0);
        const bare = (version: TorVersion) => renderVersion({ ...version, extraInfo: [] });
        assert.equal(sign(a, b) === 0, bare(a) === bare(b));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

function isBadVersion(error: unknown): boolean {
  return error instanceof TorError && error.code === 'netdoc-bad-version';
}
