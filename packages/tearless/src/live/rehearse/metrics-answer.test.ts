import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMetricsAnswer } from './metrics-answer.ts';

const body = '# TYPE tor_relay_circuits_total gauge\ntor_relay_circuits_total{state="opened"} 3\n';
const whole = `HTTP/1.0 200 OK\r\nDate: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('the answer of a MetricsPort', () => {
  it('is whole when all that was announced has come, though the connection stays open', () => {
    for (let length = 0; length < whole.length; length++)
      assert.equal(parseMetricsAnswer(Buffer.from(whole.slice(0, length))), undefined);
    assert.equal(parseMetricsAnswer(Buffer.from(whole)), body);
    assert.equal(parseMetricsAnswer(Buffer.from(`${whole}more`)), body);
  });

  it('is refused when it is no answer with metrics', () => {
    for (const other of [
      'HTTP/1.0 404 Not Found\r\n\r\n',
      'SSH-2.0-x\r\n\r\n',
      'HTTP/1.0 200 OK\r\n\r\nwithout a length',
    ])
      assert.throws(() => parseMetricsAnswer(Buffer.from(other)), { code: 'live-metrics-strange' });
    assert.throws(() => parseMetricsAnswer(Buffer.alloc(17 * 1024 * 1024)), { code: 'live-metrics-strange' });
  });
});
