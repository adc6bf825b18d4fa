import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dueAt } from './gather.ts';

describe('changes', () => {
  it('are gathered for 30 seconds from the first on', () => {
    const first = { kind: 'points-changed' as const, atMs: 1_000 };
    assert.equal(dueAt([first]), 31_000);
    assert.equal(dueAt([first, { kind: 'worker-joined', atMs: 20_000 }]), 31_000);
  });

  it('are published at once with the loss of a worker', () => {
    assert.equal(
      dueAt([
        { kind: 'rotation', atMs: 1_000 },
        { kind: 'worker-lost', atMs: 5_000 },
      ]),
      5_000,
    );
    assert.equal(
      dueAt([
        { kind: 'rotation', atMs: 1_000 },
        { kind: 'worker-lost', atMs: 90_000 },
      ]),
      31_000,
    );
  });

  it('are due never when there are none', () => {
    assert.equal(dueAt([]), null);
  });
});
