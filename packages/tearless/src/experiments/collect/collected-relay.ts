// A relay's sample as an experiment keeps it: its id, its figures, the proof of its allocator. Pure.
import type { RelaySample } from '../../facts/sample/observed.ts';
import type { AllocatorProof, FigureName, FlagSighting } from '../model/measurements.ts';

export interface CollectedRelay {
  /** `HOST/INSTANCE`. */
  readonly id: string;
  readonly nickname: string;
  readonly fingerprint?: string;
  readonly rssKib: number;
  readonly virtualKib: number;
  readonly peakKib: number;
  readonly proof: AllocatorProof;
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
  /** Flags of the consensus that the relay's own tor knows; absent where it cannot tell. */
  readonly flags?: Omit<FlagSighting, 'atMs'>;
}

/** The version of the allocator with that build-id, as the configuration declares it. */
export type VersionOf = (buildId: string) => string | undefined;

const toProof = ({ allocator }: RelaySample, versionOf: VersionOf): AllocatorProof => {
  const { buildId } = allocator;
  const version = (buildId === undefined ? undefined : versionOf(buildId)) ?? allocator.package?.version;
  return {
    allocator: allocator.allocator,
    path: allocator.path,
    ...(buildId === undefined ? {} : { buildId }),
    ...(version === undefined ? {} : { version }),
  };
};

export const toCollectedRelay = (host: string, sample: RelaySample, versionOf: VersionOf): CollectedRelay => {
  const { flags, ...metrics } = sample.metrics ?? {};
  return {
    id: `${host}/${sample.instance}`,
    nickname: sample.nickname ?? sample.instance,
    ...(sample.fingerprint === undefined ? {} : { fingerprint: sample.fingerprint }),
    rssKib: sample.rssKib,
    virtualKib: sample.virtualKib,
    peakKib: sample.peakKib,
    proof: toProof(sample, versionOf),
    figures: {
      pssBytes: sample.pssBytes,
      anonymousBytes: sample.anonymousBytes,
      privateDirtyBytes: sample.privateDirtyBytes,
      swapBytes: sample.swapBytes,
      cpuSeconds: sample.cpuSeconds,
      threads: sample.threads,
      majorFaults: sample.majorFaults,
      startedMs: sample.startedMs,
      unitRestarts: sample.unitRestarts,
      ...metrics,
    },
    ...(flags === undefined ? {} : { flags: { flags, running: flags.includes('Running') } }),
  };
};
