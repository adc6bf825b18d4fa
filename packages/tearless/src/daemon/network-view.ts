// The network as one instance knows it: the consensus that it keeps, read over its control port.

import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { type Consensus, parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import type { NetworkRelay, NetworkView } from './weight.ts';

/** `bwweightscale`, unless the consensus says otherwise (dir-spec §3.8.3). */
const defaultWeightScale = 10_000;

/** What authorities write instead of a time where a consensus no longer tells it (consensus method 33, `microdesc`). */
const noTimeMs = Date.UTC(2038, 0, 1);

/** What a consensus says, as far as shares and gates need it. */
export const viewConsensus = (consensus: Consensus): NetworkView => {
  const { voteSeconds, distSeconds } = consensus.votingDelay;
  const scale = consensus.params.get('bwweightscale') ?? defaultWeightScale;
  return {
    validAfterMs: consensus.validAfterMs,
    freshUntilMs: consensus.freshUntilMs,
    votedMs: consensus.validAfterMs - (voteSeconds + distSeconds) * 1000,
    relays: new Map(
      consensus.routers.map((router): [string, NetworkRelay] => [
        router.fingerprint,
        {
          fingerprint: router.fingerprint,
          nickname: router.nickname,
          flags: new Set(router.flags),
          bandwidth: router.bandwidthKb ?? 0,
          ...(router.descriptorDigest === null ? {} : { descriptorDigest: router.descriptorDigest }),
          ...(router.publishedMs >= noTimeMs ? {} : { publishedMs: router.publishedMs }),
        },
      ]),
    ),
    weights: new Map([...consensus.bandwidthWeights].map(([name, value]) => [name, value / scale])),
  };
};

/** The flavours that an instance may keep: a directory cache has both, a relay with `DirCache 0` the second alone. */
const flavours = ['dir/status-vote/current/consensus', 'dir/status-vote/current/consensus-microdesc'] as const;

/**
 * The newest consensus that the instance keeps, the flavour with descriptor digests before the other one.
 * @throws TorError, of kind `failed` or `refused` when it has no consensus yet
 */
export const readNetworkView = async (controller: Controller): Promise<NetworkView> => {
  let missing: unknown;
  for (const flavour of flavours) {
    try {
      return viewConsensus(parseConsensus(await controller.getInfo(flavour)));
    } catch (error) {
      const notKept = error instanceof TorError && ['refused', 'failed'].includes(error.kind);
      if (!notKept) throw error;
      missing = error;
    }
  }
  throw missing;
};
