import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseConsensus } from '../netdoc/consensus.ts';
import { parseMicrodescriptors } from '../netdoc/microdescriptor.ts';
import { sha3 } from './hashes.ts';
import { relayIndex, serviceIndex } from './hs-index.ts';
import { type HsDir, listHsDirs, readRingSizes } from './hsdirs.ts';
import { buildRing, listFetchedHsDirs, listStoringHsDirs } from './ring.ts';
import { planOnionSchedule } from './schedule.ts';
import { fromHex, readJson, readText, toHex } from './testing/vectors.ts';

const sizes = { replicas: 2, spreadStore: 4, spreadFetch: 3 };
const relays = (count: number): HsDir[] =>
  Array.from({ length: count }, (_, i) => ({
    fingerprint: toHex(Buffer.alloc(20, i + 1)).toUpperCase(),
    nickname: `relay${i}`,
    ed25519Id: new Uint8Array(32).fill(i + 1),
  }));

describe('indexes', () => {
  // C tor's test_hs_indexes.
  const period = { number: 42, lengthMinutes: 1440 };
  const key = new Uint8Array(32).fill(0x42);
  test('of a service', () => {
    const index = '37e5cbbd56a22823714f18f1623ece5983a0d64c78495a8cfab854245e5f9a8a';
    assert.equal(toHex(serviceIndex(key, 1, period)), index);
  });
  test('of a relay', () => {
    const index = 'db475361014a09965e7e5e4d4a25b8f8d4b8f16cb1d8a7e95eed50249cc1a2d5';
    assert.equal(toHex(relayIndex(key, new Uint8Array(32).fill(0x43), period)), index);
  });
});

describe('the ring of directories', () => {
  const vector = readJson<{
    validAfterSeconds: number;
    previousSharedRandomByte: number;
    currentSharedRandomByte: number;
    first: { blindedKey: string; hsDirs: string[] };
    second: { blindedKey: string; hsDirs: string[] };
  }>('onion/vectors/hashring.json');

  test('both descriptors of a service go to the directories that Onionbalance finds', () => {
    const value = (byte: number) => ({ reveals: 9, value: Buffer.alloc(32, byte).toString('base64') });
    const validAfterMs = vector.validAfterSeconds * 1000;
    const schedule = planOnionSchedule({
      validAfterMs,
      freshUntilMs: validAfterMs + 3_600_000,
      params: new Map(),
      sharedRandPrevious: value(vector.previousSharedRandomByte),
      sharedRandCurrent: value(vector.currentSharedRandomByte),
    });
    for (const which of ['first', 'second'] as const) {
      const ring = buildRing(relays(255), schedule[which]);
      const found = listStoringHsDirs(ring, fromHex(vector[which].blindedKey), sizes);
      assert.deepEqual(
        found.map(({ hsDir }) => hsDir.fingerprint),
        vector[which].hsDirs,
        which,
      );
    }
  });

  test('replicas never share a directory, and clients ask only where it is stored', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (count, key) => {
        const ring = buildRing(relays(count), { sharedRandom: sha3('value'), period: planned.period });
        const stored = listStoringHsDirs(ring, key, sizes).map(({ hsDir }) => hsDir.nickname);
        const fetched = listFetchedHsDirs(ring, key, sizes).map(({ hsDir }) => hsDir.nickname);
        assert.equal(stored.length, Math.min(count, 8));
        assert.equal(fetched.length, Math.min(count, 6));
        assert.equal(new Set(stored).size, stored.length);
        assert.equal(new Set(fetched).size, fetched.length);
        assert.ok(fetched.every((name) => stored.includes(name)));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('a replica begins at the first index not below its own and wraps round', () => {
    const ring = buildRing(relays(20), { sharedRandom: sha3('value'), period: planned.period });
    const key = sha3('some service');
    const [first] = listStoringHsDirs(ring, key, sizes);
    const index = Buffer.from(serviceIndex(key, 1, planned.period));
    const after = ring.members.filter((member) => Buffer.compare(member.index, index) >= 0);
    assert.equal(first?.hsDir, (after[0] ?? ring.members[0])?.hsDir);
    assert.deepEqual([first?.replica, first?.position], [1, 0]);
  });

  const planned = {
    period: { number: 16_903, lengthMinutes: 1440, startMs: 0, endMs: 0 },
  };
});

describe('directories of a consensus', () => {
  const consensus = parseConsensus(readText('netdoc/consensus/microdesc'));
  const microdescriptors = parseMicrodescriptors(readText('netdoc/microdescriptor/listed'));

  test('those with the flag, each with the identity of its microdescriptor', () => {
    const { hsDirs, missing } = listHsDirs(consensus.routers, microdescriptors);
    const flagged = consensus.routers.filter(({ flags }) => flags.includes('HSDir'));
    assert.deepEqual(missing, []);
    assert.deepEqual(
      hsDirs.map(({ fingerprint }) => fingerprint),
      flagged.map(({ fingerprint }) => fingerprint),
    );
    assert.ok(hsDirs.length > 0 && hsDirs.every(({ ed25519Id }) => ed25519Id.length === 32));
  });

  test('one whose microdescriptor is not there is named', () => {
    const { hsDirs, missing } = listHsDirs(consensus.routers, microdescriptors.slice(1));
    const all = listHsDirs(consensus.routers, microdescriptors).hsDirs;
    assert.equal(missing.length, 1);
    assert.equal(hsDirs.length, all.length - 1);
  });

  test('the sizes are parameters, with tor’s own when there are none', () => {
    assert.deepEqual(readRingSizes({ params: new Map() }), sizes);
    const params = new Map([
      ['hsdir_n_replicas', 3],
      ['hsdir_spread_store', 1000],
      ['hsdir_spread_fetch', 0],
    ]);
    assert.deepEqual(readRingSizes({ params }), { replicas: 3, spreadStore: 128, spreadFetch: 1 });
  });
});
