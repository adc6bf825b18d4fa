import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LabError } from '../base/lab-error.ts';
import { keyCache, parseCertificateExpiry, parseCertificateIdentity, parseFingerprint } from './node-keys.ts';

const hex40 = '04D003621BF9274EDB9788F7036CF02E944BD148';

suite('keys of a node', () => {
  test('the fingerprint stands behind the nickname, in groups, on the last line', () => {
    const grouped = hex40.replace(/(.{4})(?=.)/g, '$1 ');
    assert.equal(parseFingerprint(`a warning\nrelay0 ${grouped}\n`), hex40);
  });

  test('an output without a fingerprint is refused', () => {
    assert.throws(() => parseFingerprint('relay0 1234\n'), LabError);
    assert.throws(() => parseFingerprint(''), LabError);
  });

  test('the v3 identity is the certificate’s fingerprint', () => {
    const certificate = `dir-key-certificate-version 3\nfingerprint ${hex40}\ndir-key-published 2026-01-01 00:00:00\n`;
    assert.equal(parseCertificateIdentity(certificate), hex40);
    assert.throws(() => parseCertificateIdentity('dir-key-certificate-version 3\n'), LabError);
  });

  test('a certificate tells when it ends, and one that does not counts as ended', () => {
    const expires = 'dir-key-expires 2027-11-20 23:00:00\n';
    assert.equal(parseCertificateExpiry(`dir-key-certificate-version 3\n${expires}`), Date.UTC(2027, 10, 20, 23));
    assert.equal(parseCertificateExpiry('dir-key-certificate-version 3\n'), 0);
  });

  test('the cache is where the user keeps caches', () => {
    assert.equal(keyCache({ XDG_CACHE_HOME: '/c' }), '/c/tearless/lab-authorities');
    assert.match(keyCache({ XDG_CACHE_HOME: 'relative' }), /\/\.cache\/tearless\/lab-authorities$/);
  });
});
