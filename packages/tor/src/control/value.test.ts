import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TorError } from '../error.ts';
import { parseCount, parseDecimal, parseHostPort, parseInteger, parseRouterName, parseTime } from './value.ts';

const fp = 'AE4C26F9F5A34F73B883826BD97731FDAE0D7B06';

test('routers by fingerprint, by nickname and by both', () => {
  assert.deepEqual(parseRouterName(`$${fp.toLowerCase()}~auth0`), { fingerprint: fp, nickname: 'auth0' });
  assert.deepEqual(parseRouterName(`$${fp}=auth0`), { fingerprint: fp, nickname: 'auth0' });
  assert.deepEqual(parseRouterName(`$${fp}`), { fingerprint: fp, nickname: undefined });
  assert.deepEqual(parseRouterName('auth0'), { fingerprint: undefined, nickname: 'auth0' });
  for (const bad of ['', '$', fp, `$${fp}0`, `$${fp}~`, 'a b', 'a'.repeat(20)]) {
    assert.throws(() => parseRouterName(bad), TorError, bad);
  }
});

test('times are UTC, with a space or a T, below milliseconds cut off', () => {
  const iso = (text: string) => parseTime(text, 'time').toISOString();
  assert.equal(iso('2012-01-11 12:15:33'), '2012-01-11T12:15:33.000Z');
  assert.equal(iso('2012-01-11T12:15:33.519999'), '2012-01-11T12:15:33.519Z');
  assert.equal(iso('2012-01-11T12:15:33.5'), '2012-01-11T12:15:33.500Z');
  for (const bad of ['', 'NEVER', '2012-01-11', '2012-13-11 12:15:33', '2012-01-11 25:15:33', '2012-01-11 12:15:33Z']) {
    assert.throws(() => parseTime(bad, 'time'), TorError, bad);
  }
});

test('addresses with ports, IPv6 with and without brackets', () => {
  assert.deepEqual(parseHostPort('[2001:db8::7]:443'), { host: '2001:db8::7', port: 443 });
  assert.deepEqual(parseHostPort('2001:db8::7:443'), { host: '2001:db8::7', port: 443 });
  assert.deepEqual(parseHostPort('a.example:0'), { host: 'a.example', port: 0 });
  for (const bad of ['', ':80', 'a', 'a:', 'a:65536', 'a:-1', 'a:8 0'])
    assert.throws(() => parseHostPort(bad), TorError, bad);
});

test('counters go beyond 2^53, other integers do not', () => {
  assert.equal(parseCount('18446744073709551615', 'x'), 2 ** 64);
  assert.equal(parseInteger('-4', 'x'), -4);
  assert.equal(parseDecimal('5.444677', 'x'), 5.444677);
  for (const bad of ['', '-1', '1e9', '0x10', ' 1', '1.5', '1'.repeat(21)])
    assert.throws(() => parseCount(bad, 'x'), TorError, bad);
  for (const bad of ['', '9007199254740993', '1.5']) assert.throws(() => parseInteger(bad, 'x'), TorError, bad);
  for (const bad of ['', 'nan', '1.', '.5']) assert.throws(() => parseDecimal(bad, 'x'), TorError, bad);
});
