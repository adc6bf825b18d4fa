import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  parseAddressPort,
  parseBase64Digest,
  parseBase64Key,
  parseIpv4,
  parseIpv6Bytes,
  parseNickname,
  parseNumber,
  parseTime,
  renderTime,
} from './fields.ts';

const badValue = { code: 'netdoc-bad-value', line: 7 };

describe('netdoc fields', () => {
  test('a time reads back as it was written, to the second', () => {
    const seconds = fc.integer({ min: 0, max: 4_102_444_800 });
    fc.assert(
      fc.property(seconds, (second) => {
        const [date, time] = renderTime(second * 1000).split(' ');
        assert.equal(parseTime(date, time, 1), second * 1000);
      }),
      { seed: 1 },
    );
    assert.equal(parseTime('2024-02-29', '23:59:60', 1), Date.UTC(2024, 2, 1));
    for (const [date, time] of [
      ['2023-02-29', '00:00:00'],
      ['2023-04-31', '00:00:00'],
      ['2023-13-01', '00:00:00'],
      ['2023-00-01', '00:00:00'],
      ['1969-12-31', '00:00:00'],
      ['2023-01-01', '24:00:00'],
      ['2023-1-01', '00:00:00'],
      ['2023-01-01', undefined],
    ]) {
      assert.throws(() => parseTime(date, time, 7), badValue, `${date} ${time}`);
    }
  });

  test('a SHA-1 digest in base64 becomes its hex, and only in its canonical spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const base64 = Buffer.from(bytes).toString('base64').slice(0, 27);
        assert.equal(parseBase64Digest(base64, 1), Buffer.from(bytes).toString('hex').toUpperCase());
      }),
      { seed: 1 },
    );
    for (const text of [
      'A'.repeat(26),
      'A'.repeat(28),
      `${'A'.repeat(26)}B`,
      `${'A'.repeat(26)}=`,
      `-${'A'.repeat(26)}`,
    ]) {
      assert.throws(() => parseBase64Digest(text, 7), badValue, text);
    }
  });

  test('a key in base64 may have its padding, and comes back without', () => {
    const bare = 'KM+DPfrTN0YYtkD15X/nRcBDxqRDcnFkvO6bSDZqYtA';
    assert.equal(parseBase64Key(bare, 1), bare);
    assert.equal(parseBase64Key(`${bare}=`, 1), bare);
    for (const text of [undefined, bare.slice(1), `${bare}==`, `${bare.slice(0, -1)}B`]) {
      assert.throws(() => parseBase64Key(text, 7), badValue);
    }
  });

  test('numbers are digits only and stay in their range', () => {
    assert.equal(parseNumber('0010', 1), 10);
    for (const text of ['', '-1', '+1', '1e3', ' 1', '1.0', '99999999999999999']) {
      assert.throws(() => parseNumber(text, 7), badValue, text);
    }
    assert.throws(() => parseNumber('65536', 7, 65_535), badValue);
  });

  test('nicknames have 1 to 19 letters and digits', () => {
    assert.equal(parseNickname('Unnamed0', 1), 'Unnamed0');
    for (const text of ['', 'a'.repeat(20), 'a-b', 'a_b', 'é'])
      assert.throws(() => parseNickname(text, 7), badValue, text);
  });

  test('IPv4 addresses have four numbers up to 255 without leading zeros', () => {
    for (const text of ['0.0.0.0', '255.255.255.255', '10.20.30.40']) assert.equal(parseIpv4(text, 1), text);
    for (const text of [
      '1.2.3',
      '1.2.3.4.5',
      '256.1.1.1',
      '01.2.3.4',
      '1..2.3',
      '1.2.3.4 ',
      '',
      '1.2.3.1234',
      'a.b.c.d',
    ]) {
      assert.throws(() => parseIpv4(text, 7), badValue, text);
    }
  });

  test('IPv6 addresses are taken and read exactly as the URL standard does', () => {
    const piece = fc.constantFrom('0', '1', 'ffff', '2001', 'DB8', ':', '::', ':', '.', '1.2.3.4', '12345', 'g', '01');
    const noise = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(noise, fc.ipV6()), (text) => {
        const url = URL.parse(`http://[${text}]/`);
        const bytes = parseIpv6Bytes(text);
        assert.equal(bytes !== null, url !== null, text);
        if (bytes === null || url === null) return;
        const groups = Array.from({ length: 8 }, (_, i) =>
          (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
        );
        assert.equal(URL.parse(`http://[${groups.join(':')}]/`)?.hostname, url.hostname, text);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test('an address with a port is checked and kept as it stands', () => {
    for (const text of ['[2001:db8::1]:9001', '10.0.0.1:65535', '[::ffff:1.2.3.4]:1'])
      assert.equal(parseAddressPort(text, 1), text);
    for (const text of ['2001:db8::1:9001', '[::1]', '[::g]:1', '10.0.0.1', '10.0.0.1:65536', '[10.0.0.1]:1', '']) {
      assert.throws(() => parseAddressPort(text, 7), badValue, text);
    }
  });
});
