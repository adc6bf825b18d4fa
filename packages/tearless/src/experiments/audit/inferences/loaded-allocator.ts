// `arm-changed`, from the proofs that samples carry: the allocator that a relay had loaded changes. p is 0, as it is seen.
import { noProof } from '../../model/measurements.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import type { Test } from '../check.ts';
import { count, idsOf, iso } from '../wording.ts';
import { changesOf, mostShown } from './column-changes.ts';

/** Samples of one relay that prove different allocators. */
export const testProofs = (view: AuditView, arm: ArmView): Test[] => {
  const { samples, proofs } = view.measurements;
  const changed = arm.members.flatMap(({ index, own }) => {
    const all = samples[index];
    const firstMs = own.atMs[0] ?? Infinity;
    return all === undefined
      ? []
      : changesOf(all, all.proof, index, noProof).filter(
          ({ atMs, from, to }) => atMs > firstMs && proofs[from]?.allocator !== proofs[to]?.allocator,
        );
  });
  if (changed.length === 0) return [];
  const places = new Set(changed.map(({ place }) => place));
  const words = [
    ...new Set(changed.map(({ from, to }) => `${proofs[from]?.allocator ?? ''} to ${proofs[to]?.allocator ?? ''}`)),
  ];
  const find = (): ReturnType<Test['find']> => ({
    code: 'arm-changed',
    kind: 'inference',
    severity: 'warning',
    arm: arm.id,
    relays: idsOf(view, places),
    message: `The allocator that ${count(places.size, 'relay')} of arm ${arm.id} had loaded changed during the run: ${words.join(', ')}.`,
    evidence: {
      changes: changed.slice(0, mostShown).map(({ place, atMs, from, to }) => ({
        relay: view.measurements.relays[place]?.id ?? '',
        at: iso(atMs),
        from: proofs[from]?.allocator ?? '',
        to: proofs[to]?.allocator ?? '',
      })),
    },
    exclusions: [],
  });
  return [{ p: 0, find }];
};
