import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startVisiting } from './visiting.ts';
import type { Visit } from './visitor.ts';

/** Comes when it is told to. */
class HeldVisitor {
  readonly #name: string;
  readonly #isFresh: () => boolean;
  #asked = Promise.withResolvers<(visit: Visit) => void>();

  constructor(name: string, isFresh: () => boolean) {
    this.#name = name;
    this.#isFresh = isFresh;
  }

  async forget(): Promise<void> {}

  visit(): Promise<Visit> {
    const visit = Promise.withResolvers<Visit>();
    this.#asked.resolve(visit.resolve);
    return visit.promise;
  }

  /** Ends the visit that is under way, or the next one. */
  async come(): Promise<void> {
    const answer = await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    const nowMs = Date.now();
    const told = { visitor: this.#name, isFresh: this.#isFresh(), startMs: nowMs, endMs: nowMs };
    answer({ ...told, outcome: 'ok', attempts: [] });
  }
}

test('all have come fresh when the last of them has, and visits with what they know do not count', async () => {
  let isFresh = false;
  const visitors = ['a', 'b'].map((name) => new HeldVisitor(name, () => isFresh));
  const [a, b] = visitors as [HeldVisitor, HeldVisitor];
  const visiting = startVisiting({ visitors, address: 'x.onion', everyMs: 0, memoryMs: 0 });
  let haveCome = false;
  const all = visiting.untilAllFresh().then(() => {
    haveCome = true;
  });
  await Promise.all([a.come(), b.come()]);
  isFresh = true;
  await a.come();
  await a.come();
  assert.equal(haveCome, false);
  await b.come();
  await all;
  assert.equal(haveCome, true);
  // Those that are under way end, if there are any.
  for (const visitor of visitors) void visitor.come();
  await visiting.stop();
});

test('visits that end before all have come fresh are no reason to go on', async () => {
  const visitors = [new HeldVisitor('a', () => false)];
  const visiting = startVisiting({ visitors, address: 'x.onion', everyMs: 0, memoryMs: 0 });
  const all = visiting.untilAllFresh();
  const stopped = visiting.stop();
  for (const visitor of visitors) void visitor.come();
  await assert.rejects(all, /ended before/);
  await stopped;
});
