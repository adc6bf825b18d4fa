// Builds Measurements by hand for tests: name what matters, the rest has plain defaults. Nothing is read from a store.
import type { Arm, ExperimentInfo, ExperimentRelay } from '../model/experiment.ts';
import {
  type AllocatorProof,
  type FigureName,
  type FlagSighting,
  type Measurements,
  missingKib,
  noArm,
  noProof,
  type RelaySamples,
  type RelayTraffic,
} from '../model/measurements.ts';

export interface BuiltRelay {
  readonly id: string;
  readonly nickname?: string;
  readonly fingerprint?: string;
  /** Id of the arm it was assigned to. */
  readonly arm?: string;
  readonly block?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Ascending. */
  readonly atMs: readonly number[];
  /** One for each instant, in KiB; undefined where not measured. */
  readonly rssKib: readonly (number | undefined)[];
  /** Default: 1 GiB above `rssKib`. */
  readonly virtualKib?: readonly (number | undefined)[];
  /** Default: the highest `rssKib` so far. */
  readonly peakKib?: readonly (number | undefined)[];
  /** What each row says; default: `arm` in every row. */
  readonly labels?: readonly (string | undefined)[];
  /** Index into `proofs` for each instant; default: none. */
  readonly proof?: readonly (number | undefined)[];
  readonly figures?: Partial<Record<FigureName, readonly number[]>>;
  readonly traffic?: readonly {
    readonly atMs: number;
    readonly observedBps?: number;
    readonly advertisedBps?: number;
    readonly writtenBps?: number;
  }[];
  readonly flags?: readonly FlagSighting[];
}

export interface BuiltExperiment
  extends Partial<Omit<Measurements, 'info' | 'relays' | 'samples' | 'traffic' | 'flags' | 'snapshots'>> {
  readonly info?: Partial<ExperimentInfo>;
  /** Default: the arms that relays name, with empty `config`, in order of appearance. */
  readonly arms?: readonly (Pick<Arm, 'id'> & Partial<Arm>)[];
  readonly relays: readonly BuiltRelay[];
  readonly proofs?: readonly AllocatorProof[];
}

/** `count` instants, `everyMs` apart. */
export const instants = (startMs: number, everyMs: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => startMs + index * everyMs);

const buildSamples = (relay: BuiltRelay, arms: readonly Arm[], used: ReadonlySet<FigureName>): RelaySamples => {
  const { atMs, rssKib } = relay;
  const kib = (values: readonly (number | undefined)[]): Uint32Array =>
    Uint32Array.from(atMs, (_, index) => values[index] ?? missingKib);
  let highest = 0;
  const peaks = rssKib.map((rss) => {
    highest = Math.max(highest, rss ?? 0);
    return highest;
  });
  const labelOf = (index: number): string | undefined => (relay.labels === undefined ? relay.arm : relay.labels[index]);
  return {
    atMs: Float64Array.from(atMs),
    rssKib: kib(rssKib),
    virtualKib: kib(relay.virtualKib ?? rssKib.map((rss) => (rss === undefined ? undefined : rss + 2 ** 20))),
    peakKib: kib(relay.peakKib ?? peaks),
    arm: Uint16Array.from(atMs, (_, index) => {
      const label = labelOf(index);
      const found = label === undefined ? -1 : arms.findIndex(({ id }) => id === label);
      return found === -1 ? noArm : found;
    }),
    proof: Uint16Array.from(atMs, (_, index) => relay.proof?.[index] ?? noProof),
    figures: new Map(
      [...used].map((name): [FigureName, Float64Array] => [
        name,
        Float64Array.from(atMs, (_, index) => relay.figures?.[name]?.[index] ?? Number.NaN),
      ]),
    ),
  };
};

const buildTraffic = ({ traffic = [] }: BuiltRelay): RelayTraffic => ({
  atMs: Float64Array.from(traffic, ({ atMs }) => atMs),
  observedBps: Float64Array.from(traffic, ({ observedBps = Number.NaN }) => observedBps),
  advertisedBps: Float64Array.from(traffic, ({ advertisedBps = Number.NaN }) => advertisedBps),
  writtenBps: Float64Array.from(traffic, ({ writtenBps = Number.NaN }) => writtenBps),
});

/** Measurements of an experiment that tests describe; `info.control` is the arm `Z` or `control` where there is one. */
export const buildMeasurements = (built: BuiltExperiment): Measurements => {
  const { info, arms: named, relays, ...rest } = built;
  const armIds = new Set(relays.flatMap(({ arm, labels = [] }) => [arm, ...labels]).filter((id) => id !== undefined));
  const arms = (named ?? [...armIds].map((id) => ({ id }))).map((arm): Arm => ({ name: arm.id, config: {}, ...arm }));
  const used = new Set(relays.flatMap(({ figures = {} }) => Object.keys(figures) as FigureName[]));
  const snapshots = Float64Array.from(new Set(relays.flatMap(({ atMs }) => atMs))).sort();
  return {
    info: {
      id: 'built',
      title: 'built',
      arms,
      control: arms.find(({ id }) => id === 'Z' || id === 'control')?.id,
      assignment: { method: 'unknown' },
      timeZone: 'utc',
      ...info,
    },
    relays: relays.map(
      ({ id, nickname = id, fingerprint, arm, block, settings }): ExperimentRelay => ({
        id,
        nickname,
        ...(fingerprint === undefined ? {} : { fingerprint }),
        ...(arm === undefined ? {} : { arm }),
        ...(block === undefined ? {} : { block }),
        ...(settings === undefined ? {} : { settings }),
      }),
    ),
    samples: relays.map((relay) => buildSamples(relay, arms, used)),
    traffic: relays.map(buildTraffic),
    flags: relays.map(({ flags = [] }) => flags),
    proofs: [],
    aggregates: [],
    events: [],
    servers:
      snapshots.length === 0
        ? []
        : [
            {
              server: 'host',
              fromMs: snapshots[0] ?? 0,
              toMs: snapshots.at(-1) ?? 0,
              rows: relays.reduce((sum, { atMs }) => sum + atMs.length, 0),
            },
          ],
    snapshots,
    gaps: [],
    problems: [],
    ...rest,
  };
};
