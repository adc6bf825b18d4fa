// The network as the balancer's tor knows it, as far as descriptors need it: time periods, the ring of directories of each,
// and whether this machine's clock agrees. Everything follows from the consensus (rend-spec-v3 §2.2).
import type { Controller } from '@tearless/tor/control/controller.ts';
import { defaultMaxDescriptorBytes } from '@tearless/tor/hsdesc/outer.ts';
import { type Consensus, parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { readMicrodescriptors } from '@tearless/tor/netdoc/microdescriptor.ts';
import { listHsDirs, type RingSizes, readRingSizes } from '@tearless/tor/onion/hsdirs.ts';
import { buildRing, type HsDirRing, listFetchedHsDirs, listStoringHsDirs } from '@tearless/tor/onion/ring.ts';
import { type DescriptorSlot, planOnionSchedule } from '@tearless/tor/onion/schedule.ts';
import { BalanceError } from '../balance-error.ts';
import type { Directory } from '../model/directory.ts';

/** A time period for which there is a descriptor now, and its directories. */
export interface PeriodView {
  readonly slot: DescriptorSlot;
  readonly ring: HsDirRing;
}

export interface NetworkView {
  readonly validAfterMs: number;
  readonly validUntilMs: number;
  readonly sizes: RingSizes;
  /** HSV3MaxDescriptorSize: directories take less. */
  readonly maxDescriptorBytes: number;
  /** The one that is uploaded first, then the other; exactly one is what clients look for. */
  readonly periods: readonly [PeriodView, PeriodView];
}

/**
 * @param isTestNetwork whether tor runs with TestingTorNetwork: the consensus does not tell
 * @throws BalanceError `balance-ring-incomplete` while microdescriptors of directories are missing
 */
export const viewNetwork = (consensus: Consensus, microdescs: string, isTestNetwork: boolean): NetworkView => {
  const { hsDirs, missing } = listHsDirs(consensus.routers, readMicrodescriptors(microdescs));
  if (missing.length > 0 || hsDirs.length === 0) {
    throw new BalanceError({
      kind: 'failed',
      code: 'balance-ring-incomplete',
      place: 'tor',
      message:
        hsDirs.length === 0
          ? 'the consensus lists no directory of onion services that is known well enough'
          : `tor lacks the microdescriptors of ${missing.length} of ${hsDirs.length + missing.length} directories`,
      hint: 'tor fetches them by itself; nothing is published before it has them',
      retryable: true,
    });
  }
  const schedule = planOnionSchedule(consensus, { isTestNetwork });
  const view = (slot: DescriptorSlot): PeriodView => ({ slot, ring: buildRing(hsDirs, slot) });
  return {
    validAfterMs: consensus.validAfterMs,
    validUntilMs: consensus.validUntilMs,
    sizes: readRingSizes(consensus),
    maxDescriptorBytes: consensus.params.get('HSV3MaxDescriptorSize') ?? defaultMaxDescriptorBytes,
    periods: [view(schedule.first), view(schedule.second)],
  };
};

/**
 * Reads it over the control port.
 * @throws TorError when tor has no consensus yet or goes away; BalanceError as `viewNetwork`
 */
export const readNetworkView = async (controller: Controller, isTestNetwork: boolean): Promise<NetworkView> => {
  const consensus = await readConsensus(controller);
  return viewNetwork(consensus, await controller.getInfo('md/all'), isTestNetwork);
};

/** A function of its own: its text, of megabytes, is not kept while the microdescriptors come. */
const readConsensus = async (controller: Controller): Promise<Consensus> =>
  parseConsensus(await controller.getInfo('dir/status-vote/current/consensus-microdesc'));

/** What clients look for now. */
export const fetchedPeriod = ({ periods: [first, second] }: NetworkView): PeriodView =>
  first.slot.isFetched ? first : second;

/** Where the descriptor of that blinded key belongs. */
export const listDirectories = ({ ring }: PeriodView, blindedKey: Uint8Array, sizes: RingSizes): Directory[] => {
  const fetched = new Set(listFetchedHsDirs(ring, blindedKey, sizes).map(({ hsDir }) => hsDir.fingerprint));
  // The walk gives each directory to one replica.
  return listStoringHsDirs(ring, blindedKey, sizes).map(({ hsDir, replica }) => ({
    fingerprint: hsDir.fingerprint,
    nickname: hsDir.nickname,
    ed25519Id: hsDir.ed25519Id,
    replicas: [replica],
    isFetched: fetched.has(hsDir.fingerprint),
  }));
};

export type ClockProblem = 'clock-behind' | 'consensus-stale';

/** Authorities' own clocks, and the way of a consensus to us. */
const toleratedMs = 60_000;

/**
 * Whether clock and consensus disagree by more than the consensus allows. A revision counter follows the clock: one from a
 * clock that is ahead would be refused to be replaced when the clock is right again. `consensus-stale` is either: a clock
 * that is ahead, or a tor that gets no consensus; both have the same cure, waiting for one that fits.
 */
export const findClockProblem = (
  { validAfterMs, validUntilMs }: Pick<NetworkView, 'validAfterMs' | 'validUntilMs'>,
  nowMs: number,
): ClockProblem | undefined => {
  if (nowMs < validAfterMs - toleratedMs) return 'clock-behind';
  return nowMs > validUntilMs + toleratedMs ? 'consensus-stale' : undefined;
};
