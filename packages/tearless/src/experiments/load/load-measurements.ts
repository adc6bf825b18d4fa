// An experiment out of the store, whole: what it is, its relays, and everything that was measured, in columns by relay.

import type { z } from 'zod';
import {
  readBlockData,
  readLiveBlockHeads,
  readSources,
  type StoredBlockHead,
} from '../../store/experiment-sources.ts';
import { findStoredExperiment, readExperimentRelays, readGaps } from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import type { ExperimentRelay } from '../model/experiment.ts';
import { ExperimentError, unknownExperiment } from '../model/experiment-error.ts';
import {
  type AggregateRow,
  type AllocatorProof,
  type FigureName,
  figureNames,
  type Measurements,
  noArm,
  noProof,
} from '../model/measurements.ts';
import { assembleInfo } from './assemble-info.ts';
import { assignArms, labelsOf, relayKeysOf } from './assign-arms.ts';
import { AggregateHead, FlagHead, parseHead, SampleHead, TrafficHead } from './block-heads.ts';
import { trafficOfCounters } from './carried-traffic.ts';
import { DeclaredExperiment, DeclaredRelay, parseStored, SourceDocument } from './documents.ts';
import { loadSamples, type SampleBlock, uniteInstants } from './load-samples.ts';
import { mergeServers } from './merge-servers.ts';
import { mergeAggregates, placeRows, toSighting, toTraffic } from './place-rows.ts';
import { resolveRelays } from './resolve-relays.ts';
import { decodeAggregates, decodeFlags, decodeTraffic, type FlagRow, type TrafficRow } from './row-blocks.ts';
import { decodeSamples } from './sample-block.ts';
import { describeOverlaps, nameRelay, parseProblems } from './stored-problems.ts';

/** A block that is gone was replaced while we read. */
class Replaced extends Error {}

interface Opened {
  readonly block: StoredBlockHead;
  readonly source: number;
  readonly read: () => Promise<Uint8Array>;
}

const load = async (store: Store, id: string): Promise<Measurements> => {
  const experiment = await findStoredExperiment(store, id);
  if (experiment === undefined) throw unknownExperiment(id);
  const declared = parseStored(DeclaredExperiment, experiment.info, `the experiment ${id}`);
  const [relayTexts, gaps, heads, sources] = await Promise.all([
    readExperimentRelays(store, id),
    readGaps(store, id),
    readLiveBlockHeads(store, id),
    readSources(store, id),
  ]);
  const declaredRelays = relayTexts.map((text) =>
    parseStored(DeclaredRelay, text, `a relay of ${id}`),
  ) as ExperimentRelay[];
  const documents = sources.flatMap(({ document, name }) =>
    document === undefined ? [] : [parseStored(SourceDocument, document, name)],
  );
  const ordinals = new Map(sources.map(({ source }, index) => [source, index]));
  const opened = heads.map((block): Opened => {
    const source = ordinals.get(block.source);
    if (source === undefined) throw new Replaced();
    const read = async () => {
      const data = await readBlockData(store.db, block.source, block.seq);
      if (data === undefined) throw new Replaced();
      return data;
    };
    return { block, source, read };
  });
  const ofKind = <T>(kind: string, schema: z.ZodType<T>) =>
    opened
      .filter(({ block }) => block.kind === kind)
      .map((one) => ({ ...one, head: parseHead(schema, one.block.head) }));
  const sampleBlocks = ofKind('samples', SampleHead);
  const trafficBlocks = ofKind('traffic', TrafficHead);
  const flagBlocks = ofKind('flags', FlagHead);
  const aggregateBlocks = ofKind('aggregates', AggregateHead);

  const samplesKeys = sampleBlocks.flatMap(({ head }) => head.relays);
  const otherKeys = [...trafficBlocks, ...flagBlocks].flatMap(({ head }) => head.relays);
  const known = new Set([...declaredRelays, ...samplesKeys, ...otherKeys].map(({ nickname }) => nickname));
  const { relays, indexOf } = resolveRelays(declaredRelays, [
    ...relayKeysOf(documents, known),
    ...samplesKeys,
    ...otherKeys,
  ]);

  const naive = documents.some(
    (document) =>
      ((document.kind === 'memory' || document.kind === 'traffic') && document.times.naive > 0) ||
      (document.kind === 'events' && document.events.some(({ zoned }) => !zoned)),
  );
  const labels = [...labelsOf(documents, known), ...sampleBlocks.flatMap(({ head }) => head.arms)];
  const info = assembleInfo(id, declared, documents, labels, naive);
  const armIndexes = new Map(info.arms.map((arm, index) => [arm.id, index]));

  const proofs: AllocatorProof[] = [];
  const proofIndexes = new Map<string, number>();
  const proofOf = (proof: SampleHead['proofs'][number]): number => {
    const key = [proof.allocator, proof.path, proof.buildId, proof.version].join('\n');
    let index = proofIndexes.get(key);
    if (index === undefined) {
      index = proofs.push(proof as AllocatorProof) - 1;
      proofIndexes.set(key, index);
    }
    return index === noProof ? noProof : index;
  };
  const blocks = sampleBlocks.map(({ head, source, block, read }): SampleBlock => {
    const decode = async () => decodeSamples(await read(), block.rows);
    return { head, source, figures: figuresOf(head), read: decode };
  });
  const { samples, overlaps } = await loadSamples(blocks, {
    relays: relays.length,
    relayOf: indexOf,
    armOf: (arm) => armIndexes.get(arm) ?? noArm,
    proofOf,
  });

  const traffic: TrafficRow[] = [];
  for (const { head, read } of trafficBlocks) for (const row of decodeTraffic(head, await read())) traffic.push(row);
  const flags: FlagRow[] = [];
  for (const { head, read } of flagBlocks) for (const row of decodeFlags(head, await read())) flags.push(row);
  const aggregates: AggregateRow[] = [];
  for (const { head, read } of aggregateBlocks)
    for (const row of decodeAggregates(head, await read())) aggregates.push(row);
  const ordered = mergeAggregates(aggregates);

  return {
    info,
    relays: assignArms(relays, documents, known, samples, info.arms),
    samples,
    traffic: placeRows(traffic, relays.length, indexOf).map((rows, index) => {
      const own = samples[index];
      return rows.length === 0 && own?.figures.has('writtenBytes') === true ? trafficOfCounters(own) : toTraffic(rows);
    }),
    flags: placeRows(flags, relays.length, indexOf).map((rows) => rows.map(toSighting)),
    proofs,
    aggregates: ordered,
    events: documents
      .flatMap((document) => (document.kind === 'events' ? document.events : []))
      .sort((a, b) => a.atMs - b.atMs),
    servers: mergeServers([...sampleBlocks, ...aggregateBlocks].flatMap(({ head }) => head.servers)),
    snapshots: uniteInstants([...samples.map(({ atMs }) => atMs), Float64Array.from(ordered, ({ atMs }) => atMs)]),
    gaps,
    problems: [
      ...sources.flatMap(({ problems, name }) =>
        parseProblems(problems, name).map((problem) => nameRelay(problem, relays, indexOf)),
      ),
      ...describeOverlaps(overlaps, sources, relays),
    ],
  };
};

const figuresOf = ({ figures }: SampleHead): FigureName[] => figureNames.filter((name) => figures.includes(name));

/**
 * Reads an experiment with all that was measured. Memory grows with the samples: about 40 bytes each while it loads.
 * @throws ExperimentError `experiment-unknown`, `experiment-block-broken`, `experiment-busy`
 */
export const loadMeasurements = async (store: Store, id: string): Promise<Measurements> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await load(store, id);
    } catch (error) {
      if (!(error instanceof Replaced)) throw error;
      if (attempt === 5)
        throw new ExperimentError({
          kind: 'locked',
          code: 'experiment-busy',
          message: `the measurements of ${id} were replaced again and again while they were read`,
          hint: 'wait until imports of this experiment have finished',
          retryable: true,
          subject: id,
        });
    }
  }
};
