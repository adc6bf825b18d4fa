// Spans as systemd and people write them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSpan } from './span.ts';

describe('a span', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['24h', 86_400],
    ['1d', 86_400],
    ['1d 12h', 129_600],
    ['86400', 86_400],
    ['86400s', 86_400],
    ['5min', 300],
    ['1min 30s', 90],
    ['0s', 0],
    ['1.5h', 5_400],
    ['', undefined],
    ['daily', undefined],
    ['24 parsecs', undefined],
    ['-5m', undefined],
  ];
  for (const [text, seconds] of cases)
    it(`${JSON.stringify(text)} is ${seconds}`, () => assert.equal(parseSpan(text), seconds));
});
