import assert from 'node:assert/strict';
import { it } from 'node:test';
import { judgeLook } from './tree-state.ts';

const look = { files: 3, bytes: 100, newestMs: 7, isComplete: true };

it('a tree is whole when nothing came for a while and nothing is missing', () => {
  assert.equal(judgeLook(undefined, look), 'growing');
  for (const [name, more] of Object.entries({ files: 4, bytes: 101, newestMs: 8 }))
    assert.equal(judgeLook(look, { ...look, [name]: more }), 'growing');
  assert.equal(judgeLook(look, { ...look, isComplete: false }), 'waiting');
  assert.equal(judgeLook(look, { ...look }), 'settled');
});
