import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { fillBucket, fullBucket, takeToken, waitForToken } from './token-bucket.ts';

const rules = { perSecond: 2, most: 3 };

it('gives what is in it at once, then one for each half of a second', () => {
  let bucket = fullBucket(rules, 0);
  for (let i = 0; i < 3; i++) {
    assert.equal(waitForToken(bucket, rules), 0);
    bucket = takeToken(bucket);
  }
  assert.equal(waitForToken(bucket, rules), 500);
  assert.ok(waitForToken(fillBucket(bucket, rules, 499), rules) > 0);
  assert.equal(waitForToken(fillBucket(bucket, rules, 500), rules), 0);
});

it('never holds more than it may, whatever the clock does, and what was borrowed is paid back first', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ atMs: fc.nat(100_000), takes: fc.boolean() })), (steps) => {
      let bucket = fullBucket(rules, 0);
      for (const { atMs, takes } of steps) {
        const before = bucket.tokens;
        bucket = fillBucket(bucket, rules, atMs);
        assert.ok(bucket.tokens <= rules.most && bucket.tokens >= before);
        if (takes) bucket = takeToken(bucket);
      }
      const waitMs = waitForToken(bucket, rules);
      assert.ok(fillBucket(bucket, rules, bucket.atMs + waitMs).tokens >= 1);
    }),
  );
});
