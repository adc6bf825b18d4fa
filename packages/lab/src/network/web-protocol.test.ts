import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  parseProxyLine,
  parseReport,
  parseRequestHead,
  renderPath,
  renderReport,
  type WebReport,
} from './web-protocol.ts';

suite('web protocol', () => {
  test('a rendered path is read back', () => {
    const request = fc.record(
      {
        id: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
        totalBytes: fc.nat(),
        bytesPerSecond: fc.nat(999_999_999),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(request, (value) => {
        assert.deepEqual(parseRequestHead(`GET ${renderPath(value)} HTTP/1.1\r\nHost: x\r\n\r\n`), value);
      }),
      { seed: 7 },
    );
  });

  for (const head of [
    '',
    'GET / HTTP/1.1\r\n',
    'POST /a?bytes=1&rate=0 HTTP/1.1\r\n',
    'GET /%zz?bytes=1&rate=0 HTTP/1.1\r\n',
  ]) {
    test(`${JSON.stringify(head)} is no request`, () => assert.equal(parseRequestHead(head), undefined));
  }

  test('the PROXY line tells the circuit, both halves of its number', () => {
    assert.deepEqual(parseProxyLine('PROXY TCP6 fc00:dead:beef:4dad::0:29 ::1 65535 42'), { circuitId: '41' });
    assert.deepEqual(parseProxyLine('PROXY TCP6 fc00:dead:beef:4dad::1:0a ::1 65535 80'), { circuitId: '65546' });
    assert.equal(parseProxyLine('PROXY UNKNOWN'), undefined);
  });

  test('reports are read back', () => {
    const reports: WebReport[] = [
      { event: 'request', id: 'a b', circuitId: '7' },
      { event: 'request', id: 'a' },
      { event: 'sent', id: 'a' },
      { event: 'broken', id: 'a' },
    ];
    for (const report of reports) assert.deepEqual(parseReport(renderReport(report)), report);
  });

  for (const line of [
    'null',
    '{}',
    '{"event":"request","id":7}',
    '{"event":"other","id":"a"}',
    '{"event":"request","id":"a","circuitId":1}',
  ]) {
    test(`${line} is no report`, () => assert.throws(() => parseReport(line), TypeError));
  }
});
