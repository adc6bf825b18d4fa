import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSocksListener } from './find-socks.ts';

test('the SOCKS listeners that tor names are understood', () => {
  assert.deepEqual(parseSocksListener('unix:/run/tor/socks'), { kind: 'unix', path: '/run/tor/socks' });
  assert.deepEqual(parseSocksListener('127.0.0.1:9050'), { kind: 'tcp', host: '127.0.0.1', port: 9050 });
  assert.deepEqual(parseSocksListener('[::1]:9050'), { kind: 'tcp', host: '::1', port: 9050 });
});

test('one that listens on all addresses is used by the own one', () => {
  assert.deepEqual(parseSocksListener('0.0.0.0:9050'), { kind: 'tcp', host: '127.0.0.1', port: 9050 });
  assert.deepEqual(parseSocksListener('[::]:9050'), { kind: 'tcp', host: '::1', port: 9050 });
});

test('what is no listener is none', () => {
  for (const text of ['', '9050', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', 'localhost:9050'])
    assert.equal(parseSocksListener(text), undefined, text);
});
