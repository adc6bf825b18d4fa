// Leases on every store: all or none, only over a beat that has stood still, and terms that only grow.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOwnHolder } from './holder.ts';
import { readLeases, releaseLeases, renewLeases, takeLeases } from './lease.ts';
import { openStore, type Store } from './store.ts';
import { useBackends } from './testing/backends.ts';

const process = readOwnHolder();
const a = { id: 'a', process };
const b = { id: 'b', process };

const beatOf = async (store: Store, name: string) => {
  const [lease] = await readLeases(store, [name]);
  const holder = lease?.holder ?? assert.fail('nobody holds it');
  return { id: holder.id, beat: holder.beat };
};
const holdersOf = async (store: Store): Promise<Record<string, string | undefined>> =>
  Object.fromEntries((await readLeases(store)).map(({ name, holder }) => [name, holder?.id]));

for (const { name, make } of useBackends())
  describe(`leases on ${name}`, () => {
    it('are taken by one of many who want them at once', async () => {
      const place = make();
      const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(place)));
      try {
        const terms = await Promise.all(
          stores.map((store, at) => takeLeases(store, ['x', 'y'], { id: `p${at}`, process }, [])),
        );
        assert.deepEqual(
          terms.filter((term) => term !== null),
          [1],
        );
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
    });

    it('say who holds them, since when it was last heard, and are free once given up, for a higher term', async () => {
      await using store = await openStore(make());
      assert.deepEqual(await readLeases(store), []);
      assert.equal(await takeLeases(store, ['x', 'y'], a, []), 1);
      const [lease] = await readLeases(store, ['x']);
      assert.deepEqual([lease?.term, lease?.holder?.id, lease?.holder?.process], [1, 'a', process]);
      assert.ok((lease?.holder?.ageMs ?? Infinity) < 60_000);
      await releaseLeases(store, 'a');
      assert.deepEqual(await holdersOf(store), { x: undefined, y: undefined });
      assert.equal(await renewLeases(store, 'a'), false);
      assert.equal(await takeLeases(store, ['x'], b, []), 2);
      assert.equal(await takeLeases(store, ['x', 'y'], b, []), 3);
    });

    it('are not taken from one who has beaten since', async () => {
      await using store = await openStore(make());
      await takeLeases(store, ['x'], a, []);
      const seen = await beatOf(store, 'x');
      assert.equal(await renewLeases(store, 'a'), true);
      assert.equal(await takeLeases(store, ['x'], b, [seen]), null);
      assert.equal(await takeLeases(store, ['x'], b, []), null);
      assert.deepEqual(await holdersOf(store), { x: 'a' });
      assert.equal(await renewLeases(store, 'a'), true);
    });

    it('are taken from one whose beat stands still, who then has none of them any more', async () => {
      await using store = await openStore(make());
      await takeLeases(store, ['x', 'y'], a, []);
      assert.equal(await takeLeases(store, ['x'], b, [await beatOf(store, 'x')]), 2);
      assert.deepEqual(await holdersOf(store), { x: 'b', y: undefined });
      assert.equal(await renewLeases(store, 'a'), false);
    });

    it('are all taken or none', async () => {
      await using store = await openStore(make());
      await takeLeases(store, ['y'], a, []);
      assert.equal(await takeLeases(store, ['x', 'y', 'z'], b, []), null);
      assert.deepEqual(await holdersOf(store), { y: 'a' });
    });

    it('show another beat when they are taken again by one who had lost them', async () => {
      await using store = await openStore(make());
      await takeLeases(store, ['x'], a, []);
      const first = await beatOf(store, 'x');
      await takeLeases(store, ['x'], b, [first]);
      await releaseLeases(store, 'b');
      await takeLeases(store, ['x'], a, []);
      assert.notDeepEqual(await beatOf(store, 'x'), first);
      assert.equal(await takeLeases(store, ['x'], b, [first]), null);
    });

    it('are taken again by one who does not know that it has them', async () => {
      await using store = await openStore(make());
      await takeLeases(store, ['x'], a, []);
      const seen = await beatOf(store, 'x');
      assert.equal(await takeLeases(store, ['x'], a, []), 2);
      assert.equal(await takeLeases(store, ['x'], b, [seen]), null);
    });
  });
