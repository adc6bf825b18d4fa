import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Census, findLosses } from './census.ts';

const before: Census = {
  version: '0.4.9.11',
  circuits: 200,
  connections: 50,
  streams: 4,
  readBytes: 1000,
  writtenBytes: 2000,
};

it('nothing is missing where a few ended by themselves, and others came', () => {
  assert.deepEqual(findLosses(before, { ...before, circuits: 170, connections: 60, streams: 1, readBytes: 1500 }), []);
});

it('many that are gone at once are a loss', () => {
  assert.deepEqual(findLosses(before, { ...before, circuits: 100, streams: 0 }), [
    'circuits: 200 before, 100 after',
    'streams: 4 before, 0 after',
  ]);
});

it('traffic that is counted anew is of another process', () => {
  assert.equal(findLosses(before, { ...before, writtenBytes: 10 }).length, 1);
});
