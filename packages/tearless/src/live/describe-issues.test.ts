import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import { describeIssues } from './describe-issues.ts';

it('what does not fit in a file is told on one line, each with its place', () => {
  const schema = z.strictObject({ a: z.object({ b: z.array(z.number()) }), c: z.string() });
  const { error } = schema.safeParse({ a: { b: [1, 'x'] }, d: 1 });
  assert.ok(error);
  const told = describeIssues(error);
  assert.match(told, /^a\.b\.1: Invalid input.*; c: Invalid input.*; Unrecognized key: "d"$/);
  assert.doesNotMatch(told, /[\n✖→]/);
});
