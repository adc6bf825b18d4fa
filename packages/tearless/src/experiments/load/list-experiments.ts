// Experiments in a few figures, without loading what was measured.

import { readLiveBlockHeads, readSources, type StoredSource } from '../../store/experiment-sources.ts';
import { findStoredExperiment, listStoredExperiments } from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import { unknownExperiment } from '../model/experiment-error.ts';
import { DeclaredExperiment, parseStored, SourceDocument } from './documents.ts';

export interface ExperimentSummary {
  readonly id: string;
  readonly title: string;
  readonly createdMs: number;
  readonly sources: number;
  /** Samples of relays; rows over all relays of a server count apart. */
  readonly samples: number;
  readonly aggregates: number;
  /** undefined while nothing was measured. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

const titleOf = (info: DeclaredExperiment, sources: readonly StoredSource[], id: string): string => {
  if (info.info !== undefined) return info.info.title;
  for (const { kind, document, name } of sources) {
    if (kind !== 'manifest' || document === undefined) continue;
    const manifest = parseStored(SourceDocument, document, name);
    if (manifest.kind === 'manifest' && manifest.title !== undefined) return manifest.title;
  }
  return id;
};

const summarise = async (store: Store, id: string, createdMs: number, info: string): Promise<ExperimentSummary> => {
  const [sources, heads] = await Promise.all([readSources(store, id), readLiveBlockHeads(store, id)]);
  const count = (kind: string): number => heads.reduce((sum, block) => sum + (block.kind === kind ? block.rows : 0), 0);
  const memory = heads.filter(({ kind }) => kind === 'samples' || kind === 'aggregates');
  return {
    id,
    title: titleOf(parseStored(DeclaredExperiment, info, `the experiment ${id}`), sources, id),
    createdMs,
    sources: sources.length,
    samples: count('samples'),
    aggregates: count('aggregates'),
    fromMs:
      memory.length === 0
        ? undefined
        : memory.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY),
    toMs: memory.length === 0 ? undefined : memory.reduce((most, { toMs }) => Math.max(most, toMs), 0),
  };
};

/** By name. */
export const listExperiments = async (store: Store): Promise<readonly ExperimentSummary[]> => {
  const summaries: ExperimentSummary[] = [];
  for (const { id, createdMs, info } of await listStoredExperiments(store))
    summaries.push(await summarise(store, id, createdMs, info));
  return summaries;
};

/** @throws ExperimentError `experiment-unknown` */
export const summariseExperiment = async (store: Store, id: string): Promise<ExperimentSummary> => {
  const standing = await findStoredExperiment(store, id);
  if (standing === undefined) throw unknownExperiment(id);
  return summarise(store, id, standing.createdMs, standing.info);
};

export interface ExperimentSource {
  readonly name: string;
  readonly kind: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
  readonly importedMs: number;
}

/** What an experiment was read from, by name; for hosts that are collected from `sha256` is empty. */
export const listSources = async (store: Store, id: string): Promise<readonly ExperimentSource[]> =>
  (await readSources(store, id)).map(({ name, kind, sha256, bytes, rows, importedMs }) => ({
    name,
    kind,
    sha256,
    bytes,
    rows,
    importedMs,
  }));
