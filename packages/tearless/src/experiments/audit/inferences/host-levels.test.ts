import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostLevels } from './host-levels.ts';

describe('levels of hosts', () => {
  it('are shares of the arm’s mean, averaged over arms', () => {
    const level = hostLevels([
      { relays: ['h1/a', 'h2/b'], figures: [12, 4] },
      { relays: ['h1/c', 'h2/d'], figures: [5, 3] },
    ]);
    assert.deepEqual([level('h1/x'), level('h2/x')], [1.375, 0.625]);
  });

  it('are 1 on a single host, without hosts, and for a host that was not seen', () => {
    const single = hostLevels([{ relays: ['h1/a', 'h1/b'], figures: [1, 2] }]);
    const none = hostLevels([{ relays: ['a', 'b'], figures: [1, 2] }]);
    assert.deepEqual([single('h1/a'), none('a'), single('h9/z')], [1, 1, 1]);
  });
});
