import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSocksListener, type SocksStreams, tryListener } from './find-socks.ts';

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

test('a SOCKS port that may not be opened is told as such', async () => {
  const streams: SocksStreams = {
    openTcp: async () => assert.fail('it is a unix socket'),
    openUnix: async () => {
      throw new Error('EACCES');
    },
  };
  const trying = tryListener(streams, { kind: 'unix', path: '/run/tor/socks' }, new AbortController().signal);
  await assert.rejects(trying, { code: 'balance-no-socks', message: /EACCES/ });
});
