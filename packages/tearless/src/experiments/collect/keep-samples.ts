// Collections in the store: made where they are missing, and every instant of a host kept once.
import type { Clock } from '../../base/clock.ts';
import type { Store } from '../../store/store.ts';
import {
  appendSamples,
  type CollectedFlags,
  type CollectedSample,
  openCollection,
  recordGap,
} from '../load/collection.ts';
import type { SampleStore, TargetRelay } from './collect-once.ts';

const keyOf = ({ id, nickname, fingerprint }: TargetRelay): CollectedSample['relay'] => ({
  id,
  nickname,
  ...(fingerprint === undefined ? {} : { fingerprint }),
});

const toSample = (collected: TargetRelay): CollectedSample => {
  const { rssKib, virtualKib, peakKib, proof, figures, arm } = collected;
  return {
    relay: keyOf(collected),
    rssKib,
    virtualKib,
    peakKib,
    proof,
    figures,
    ...(arm === undefined ? {} : { arm }),
  };
};

const toFlags = (collected: TargetRelay): CollectedFlags[] =>
  collected.flags === undefined ? [] : [{ relay: keyOf(collected), ...collected.flags }];

export const keepSamples = (store: Store, clock: Clock): SampleStore => ({
  async append(target, host, atMs, relays) {
    await openCollection(store, target, clock);
    return await appendSamples(store, target, host, atMs, relays.map(toSample), relays.flatMap(toFlags));
  },
  async recordGap(target, gap) {
    await openCollection(store, target, clock);
    await recordGap(store, target, gap);
  },
});
