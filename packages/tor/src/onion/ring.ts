// The ring of directories for one period and shared-random value, and which of them hold a descriptor. rend-spec-v3 §2.2.3.

import { relayIndex, serviceIndex } from './hs-index.ts';
import type { HsDir, RingSizes } from './hsdirs.ts';
import type { DescriptorSlot } from './schedule.ts';
import type { TimePeriod } from './time-period.ts';

export interface HsDirRing {
  readonly period: Pick<TimePeriod, 'number' | 'lengthMinutes'>;
  /** Ascending by index. */
  readonly members: readonly RingMember[];
}

export interface RingMember {
  readonly hsDir: HsDir;
  /** 32 bytes. */
  readonly index: Uint8Array;
}

/** A directory that is responsible for a descriptor. */
export interface ResponsibleHsDir extends RingMember {
  /** From 1. */
  readonly replica: number;
  /** Place among the directories of its replica, from 0. */
  readonly position: number;
}

const indexBytes = 32;

/** Every service has the same ring for its first descriptor, and another for its second: build each once a consensus. */
export function buildRing(
  hsDirs: readonly HsDir[],
  { sharedRandom, period }: Pick<DescriptorSlot, 'sharedRandom' | 'period'>,
): HsDirRing {
  // All in one piece of memory: thousands of small ones take three times as much.
  const indexes = new Uint8Array(hsDirs.length * indexBytes);
  const members = hsDirs.map((hsDir, at) => {
    indexes.set(relayIndex(hsDir.ed25519Id, sharedRandom, period), at * indexBytes);
    return { hsDir, index: indexes.subarray(at * indexBytes, (at + 1) * indexBytes) };
  });
  return { period, members: members.sort((a, b) => Buffer.compare(a.index, b.index)) };
}

/** Where a service stores a descriptor. */
export function listStoringHsDirs(ring: HsDirRing, blindedKey: Uint8Array, sizes: RingSizes): ResponsibleHsDir[] {
  return walk(ring, blindedKey, sizes.replicas, sizes.spreadStore);
}

/**
 * Where clients look for it. Not always the first of each replica where it is stored: a directory that both replicas want
 * counts for the lower one, and the walk is shorter here.
 */
export function listFetchedHsDirs(ring: HsDirRing, blindedKey: Uint8Array, sizes: RingSizes): ResponsibleHsDir[] {
  return walk(ring, blindedKey, sizes.replicas, sizes.spreadFetch);
}

function walk({ members, period }: HsDirRing, blindedKey: Uint8Array, replicas: number, spread: number) {
  const found: ResponsibleHsDir[] = [];
  const taken = new Set<HsDir>();
  for (let replica = 1; replica <= replicas; replica++) {
    const start = lowerBound(members, serviceIndex(blindedKey, replica, period));
    for (let step = 0, position = 0; step < members.length && position < spread; step++) {
      const member = members[(start + step) % members.length];
      if (member === undefined || taken.has(member.hsDir)) continue;
      taken.add(member.hsDir);
      found.push({ ...member, replica, position });
      position++;
    }
  }
  return found;
}

/** The first member at or after the index; the number of members when there is none. */
function lowerBound(members: readonly RingMember[], index: Uint8Array): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const member = members[middle];
    if (member !== undefined && Buffer.compare(member.index, index) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
