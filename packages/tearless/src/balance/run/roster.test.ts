import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { LearnMemory } from '../learn/learn-memory.ts';
import type { BalanceEvent } from './event.ts';
import { Roster } from './roster.ts';
import { PlayedWorker } from './testing/played-worker.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import { blankRecord } from './worker-record.ts';

const nowMs = Date.UTC(2026, 5, 10);
const period = (number: number): BlindingPeriod => ({ number, lengthMinutes: 1440 });

const open = () => {
  const worker = new PlayedWorker('a');
  const { id, onionAddress } = worker;
  const events: BalanceEvent['kind'][] = [];
  const roster = new Roster({
    frontend: 'a.onion',
    records: [blankRecord({ id, onionAddress, weight: 1, port: null })],
    health: {},
    clock: new VirtualClock(nowMs),
    memory: new LearnMemory(),
    emit: ({ kind }) => events.push(kind),
  });
  const hand = (of: number): void =>
    roster.hearHelper(id, {
      kind: 'descriptor',
      atMs: nowMs,
      text: worker.makeDescriptor({ period: period(of), nowMs }),
    });
  return { roster, hand, events, learntPeriod: () => roster.recordOf(id)?.learnt?.period.number };
};

describe('the descriptor that a helper hands over', () => {
  it('waits for the network to be known', () => {
    const { roster, hand, events, learntPeriod } = open();
    hand(7);
    assert.deepEqual(events, []);
    roster.openDescriptors([period(6), period(7)]);
    assert.deepEqual(events, ['worker.heard', 'worker.learnt']);
    assert.equal(learntPeriod(), 7);
  });

  it('is opened at once when the network is known', () => {
    const { roster, hand, learntPeriod } = open();
    roster.openDescriptors([period(6), period(7)]);
    hand(7);
    assert.equal(learntPeriod(), 7);
  });

  it('of a period that has begun since waits until the network is looked at again', () => {
    const { roster, hand, events, learntPeriod } = open();
    roster.openDescriptors([period(5), period(6)]);
    hand(7);
    assert.deepEqual(events, []);
    roster.openDescriptors([period(6), period(7)]);
    assert.equal(learntPeriod(), 7);
  });

  it('of no period that there are descriptors of is refused', () => {
    const { roster, hand, events, learntPeriod } = open();
    roster.openDescriptors([period(5), period(6)]);
    hand(7);
    roster.openDescriptors([period(5), period(6)]);
    assert.deepEqual(events, ['descriptor.refused']);
    assert.equal(learntPeriod(), undefined);
  });
});
