import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dueUpdates, interleave } from './live-arms.ts';

describe('live updates between restarts', () => {
  const order = ['h1/a', 'h2/b', 'h1/c', 'h2/d', 'h1/e'];

  it('stand in the one order of the experiment, each alone', () => {
    assert.deepEqual(interleave([['h1/a'], ['h1/c', 'h1/e']], ['h2/d', 'h2/b'], order), [
      ['h1/a'],
      ['h2/b'],
      ['h1/c'],
      ['h2/d'],
      ['h1/e'],
    ]);
  });

  it('leave restarts together between which none falls, and part no batch of what hosts need', () => {
    assert.deepEqual(interleave([['h1/a', 'h2/b', 'h1/e']], ['h2/d'], order), [['h1/a', 'h2/b'], ['h2/d'], ['h1/e']]);
    assert.deepEqual(interleave([['h2/b', 'h1/a'], ['h1/c']], ['h1/e', 'h2/d'], order), [
      ['h1/a', 'h2/b'],
      ['h1/c'],
      ['h2/d'],
      ['h1/e'],
    ]);
  });

  it('come behind what hosts need first, and before timers', () => {
    assert.deepEqual(interleave([['h1/(package x)'], ['h1/c'], ['h1/(timer e)']], ['h1/a', 'h2/d'], order), [
      ['h1/(package x)'],
      ['h1/a'],
      ['h1/c'],
      ['h2/d'],
      ['h1/(timer e)'],
    ]);
  });

  it('stand alone where nothing restarts', () => {
    assert.deepEqual(interleave([], ['h2/b', 'h1/a'], order), [['h1/a'], ['h2/b']]);
  });
});

describe('live updates of a start that takes several calls', () => {
  const order = ['h1/a', 'h2/b', 'h1/c', 'h2/d'];

  it('wait for relays before them in the order', () => {
    assert.deepEqual(dueUpdates(['h1/a', 'h2/d'], ['h1/c'], order), ['h1/a']);
    assert.deepEqual(dueUpdates(['h1/a', 'h2/d'], [], order), ['h1/a', 'h2/d']);
  });
});
