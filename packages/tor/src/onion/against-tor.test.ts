// What C tor 0.4.9.11 did in a private network, recorded: the same keys, rings and counters must come out here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConsensus } from '../netdoc/consensus.ts';
import { parseMicrodescriptors } from '../netdoc/microdescriptor.ts';
import { Sensitive } from '../sensitive.ts';
import { encodeOnionAddress, parseOnionAddress } from './address.ts';
import { blindingFactor, blindSecretKey } from './blinding.ts';
import { deriveDescriptorKeys } from './credential.ts';
import { serviceIndex } from './hs-index.ts';
import { listHsDirs, readRingSizes } from './hsdirs.ts';
import { deriveCounterKey, RevisionCounters } from './revision-counter.ts';
import { buildRing, listStoringHsDirs } from './ring.ts';
import { planOnionSchedule } from './schedule.ts';
import { publicKeyOf } from './secret-key.ts';
import { readRecordings } from './testing/recordings.ts';
import { toHex } from './testing/vectors.ts';
import { timePeriodNumbered } from './time-period.ts';

const { keys, microdescs, recordings } = readRecordings();
const microdescriptors = parseMicrodescriptors(microdescs);

describe('recorded onion services', () => {
  test('there are recordings of all kinds, in both halves of a period', () => {
    const halves = recordings.map(({ consensus }) => {
      const schedule = planOnionSchedule(parseConsensus(consensus), { isTestNetwork: true });
      return schedule.isBetweenPeriodAndSharedRandom;
    });
    assert.deepEqual(new Set(halves), new Set([true, false]));
    assert.deepEqual(new Set(recordings.map(({ kind }) => kind)), new Set(['plain', 'restricted', 'work']));
  });

  for (const [i, { kind, address, consensus, uploads, counters, fetched }] of recordings.entries()) {
    const secret = new Sensitive(new Uint8Array(Buffer.from(keys[kind].replace('ED25519-V3:', ''), 'base64')));
    const identity = parseOnionAddress(address);
    const document = parseConsensus(consensus);
    const schedule = planOnionSchedule(document, { isTestNetwork: true });
    const slots = [schedule.first, schedule.second];
    const blindedKeyOf = (slot: (typeof slots)[number]) => deriveDescriptorKeys(identity, slot.period).blindedKey;

    test(`${i} ${kind}: its secret key has its address`, () => {
      assert.equal(encodeOnionAddress(publicKeyOf(secret)), `${address}.onion`);
    });

    test(`${i} ${kind}: the descriptor that clients read has the blinded key of the slot they read`, () => {
      const read = slots.find(({ isFetched }) => isFetched);
      assert.ok(read);
      const name = Buffer.from(blindedKeyOf(read)).toString('base64').replace('=', '');
      assert.equal(fetched.descriptorId, name);
    });

    test(`${i} ${kind}: both descriptors went to these directories, no more and no less`, () => {
      const { hsDirs, missing } = listHsDirs(document.routers, microdescriptors);
      assert.deepEqual(missing, []);
      const computed = slots.flatMap((slot) => {
        const blindedKey = blindedKeyOf(slot);
        const name = Buffer.from(blindedKey).toString('base64').replace('=', '');
        return listStoringHsDirs(buildRing(hsDirs, slot), blindedKey, readRingSizes(document)).map(
          ({ hsDir, index }) => `${name} ${hsDir.fingerprint} ${toHex(index).toUpperCase()}`,
        );
      });
      const recorded = uploads.map((one) => `${one.descriptorId} ${one.hsDir} ${one.hsDirIndex}`);
      assert.deepEqual(computed.toSorted(), recorded.toSorted());
    });

    test(`${i} ${kind}: its revision counters`, () => {
      assert.ok(counters.length >= 2);
      for (const { which, timePeriod, runStart, now, elapsed, counter } of counters) {
        const slot = which === 'current' ? schedule.first : schedule.second;
        assert.deepEqual([slot.period.number, slot.runStartMs / 1000], [timePeriod, runStart]);
        const factor = blindingFactor(identity, timePeriodNumbered(schedule.rules, timePeriod));
        const own = new RevisionCounters(deriveCounterKey(blindSecretKey(secret, factor)));
        assert.equal(own.at(now * 1000 + 500, slot.runStartMs), BigInt(counter));
        assert.equal(elapsed, now - runStart + 1);
      }
    });
  }

  test('a replica of another period has another place', () => {
    const [one] = recordings;
    assert.ok(one);
    const { rules } = planOnionSchedule(parseConsensus(one.consensus), { isTestNetwork: true });
    const key = parseOnionAddress(one.address);
    assert.notDeepEqual(
      serviceIndex(key, 1, timePeriodNumbered(rules, 1)),
      serviceIndex(key, 1, timePeriodNumbered(rules, 2)),
    );
  });
});
