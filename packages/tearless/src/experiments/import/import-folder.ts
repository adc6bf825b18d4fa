// A folder of measurements into the store: all of it or nothing, the same folder again changes nothing, a changed file takes
// the place of what it was. What is read is staged where nobody sees it, and published in one step.
import {
  appendBlocks,
  discardStaged,
  insertSource,
  newSourceId,
  publishSources,
  readBlockData,
  readBlockHeads,
  readSources,
  type StoredSource,
  updateSource,
} from '../../store/experiment-sources.ts';
import { findStoredExperiment, insertExperiment, publishExperiment } from '../../store/experiments.ts';
import { inTransaction } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { parseHead, SampleHead } from '../load/block-heads.ts';
import { DeclaredExperiment, parseStored } from '../load/documents.ts';
import { decodeSamples } from '../load/sample-block.ts';
import type { ImportProblem } from '../model/import-problem.ts';
import { checkControl } from './check-control.ts';
import { isGarbled, quote } from './fields.ts';
import type { FolderFile, ImportFolder } from './folder.ts';
import { holdExperiment } from './hold-experiment.ts';
import { checkOptions, type ImportOptions, nameExperiment } from './import-options.ts';
import { kindName, nothingFound, readManifestId, recogniseAll } from './look-at-folder.ts';
import { type FileSetup, readFile } from './read-file.ts';
import type { ReadBack } from './sample-sink.ts';
import { describeUnusable, hashFile } from './unusable-file.ts';

/** Changes when files come to be read in another way: they are then read again. */
const readerVersion = 2;

export interface ImportedFile {
  readonly name: string;
  readonly kind: string;
  readonly state: 'new' | 'changed' | 'unchanged';
  readonly rows: number;
  readonly bytes: number;
  readonly problems: readonly ImportProblem[];
}

export interface ImportResult {
  readonly id: string;
  /** False when everything was there already. */
  readonly changed: boolean;
  readonly files: readonly ImportedFile[];
  /** Files of the folder that are nothing of an experiment. */
  readonly ignored: readonly string[];
  /** Sources of earlier imports that are not in this folder; they stay. */
  readonly kept: readonly string[];
}

/**
 * Imports a folder into the store.
 * @returns what was read, with all that was wrong; nothing is dropped without being told
 * @throws ExperimentError where a file cannot be used at all, or another import of the experiment goes on; the signal's reason.
 * The store is then as it was.
 */
export const importFolder = async (
  folder: ImportFolder,
  store: Store,
  options: ImportOptions,
): Promise<ImportResult> => {
  checkOptions(options);
  const { clock, signal } = options;
  const found = [...(await folder.list())].sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = found.filter(({ name }) => !isGarbled(name));
  const peeked = await recogniseAll(folder, files);
  const readable = peeked.filter(
    (one): one is { file: FolderFile; kind: FileSetup['kind'] } =>
      one.kind.kind !== 'other' && one.kind.kind !== 'unusable',
  );
  if (!readable.some(({ kind }) => kind.kind === 'table' || kind.kind === 'json')) throw nothingFound(folder, files);
  const id =
    options.id ??
    nameExperiment((await readManifestId(folder, files)) ?? folder.path.split('/').filter(Boolean).at(-1) ?? '');

  await using _hold = await holdExperiment(store, id, clock);
  await discardStaged(store, id);
  try {
    const before = await findStoredExperiment(store, id);
    const live = new Map((await readSources(store, id)).map((source) => [source.name, source]));
    const declared = before === undefined ? {} : parseStored(DeclaredExperiment, before.info, `the experiment ${id}`);
    // A zone that was told once holds for later files too.
    const timeZone = options.timeZone ?? declared.timeZone;
    const reader = `v${readerVersion} ${timeZone ?? 'naive'}`;
    const info: DeclaredExperiment = {
      ...declared,
      ...(options.control === undefined ? {} : { control: options.control }),
      ...(timeZone === undefined ? {} : { timeZone }),
    };
    const infoText = JSON.stringify(info);
    await inTransaction(store, (rows) =>
      insertExperiment(rows, { id, createdMs: clock.now(), info: infoText }, 'staged'),
    );

    const totalBytes = readable.reduce((sum, { file }) => sum + file.bytes, 0);
    let bytesBefore = 0;
    let rowsBefore = 0;
    const staged: StoredSource[] = [];
    const imported: ImportedFile[] = [];
    const ignored = [
      ...peeked.filter(({ kind }) => kind.kind === 'other').map(({ file }) => file.name),
      ...found.filter(({ name }) => isGarbled(name)).map(({ name }) => quote(name)),
    ];
    for (const { file, kind } of peeked) {
      signal?.throwIfAborted();
      if (kind.kind === 'other') continue;
      const standing = live.get(file.name);
      if (
        standing !== undefined &&
        standing.bytes === file.bytes &&
        standing.reader === reader &&
        standing.sha256 === (await hashFile(folder, file.name, signal))
      ) {
        const problems = JSON.parse(standing.problems) as readonly ImportProblem[];
        const { name, rows, bytes } = standing;
        imported.push({ name, kind: standing.kind, state: 'unchanged', rows, bytes, problems });
        bytesBefore += file.bytes;
        rowsBefore += rows;
        continue;
      }
      const source = newSourceId();
      const empty: StoredSource = {
        source,
        experiment: id,
        name: file.name,
        kind: kindName(kind),
        reader,
        sha256: '',
        bytes: file.bytes,
        rows: 0,
        document: undefined,
        problems: '[]',
        importedMs: clock.now(),
      };
      await inTransaction(store, (rows) => insertSource(rows, empty, 'staged'));
      const outcome =
        kind.kind === 'unusable'
          ? await describeUnusable(folder, file, kind.why, signal)
          : await readFile({
              folder,
              file,
              kind,
              timeZone,
              signal,
              write: (blocks) => inTransaction(store, (rows) => appendBlocks(rows, source, blocks)),
              readBack: readBackOf(store, source),
              onBytes: (bytes, rows) =>
                options.onProgress?.({
                  file: file.name,
                  bytes: bytesBefore + bytes,
                  totalBytes,
                  rows: rowsBefore + rows,
                }),
            });
      if (outcome.document === undefined && outcome.log.list().length === 0) {
        ignored.push(file.name);
        continue;
      }
      const problems = outcome.log.list();
      const { rows, bytes, sha256 } = outcome;
      const read: StoredSource = {
        ...empty,
        kind: outcome.document?.kind ?? 'unreadable',
        sha256,
        bytes,
        rows,
        document: outcome.document === undefined ? undefined : JSON.stringify(outcome.document),
        problems: JSON.stringify(problems),
      };
      staged.push(read);
      imported.push({
        name: file.name,
        kind: read.kind,
        state: standing === undefined ? 'new' : 'changed',
        rows,
        bytes,
        problems,
      });
      bytesBefore += file.bytes;
      rowsBefore += rows;
    }
    if (!imported.some(({ kind }) => ['memory', 'traffic', 'manifest', 'relay-config'].includes(kind)))
      throw nothingFound(folder, files);
    signal?.throwIfAborted();
    if (options.control !== undefined) {
      const replaced = new Set(staged.map(({ name }) => name));
      const standing = [...live.values()].filter(({ name }) => !replaced.has(name));
      const declaredArms = (declared.info?.arms ?? []).map((arm) => arm.id);
      await checkControl(store, options.control, [...standing, ...staged], declaredArms);
    }
    const changed = staged.length > 0 || before === undefined || before.info !== infoText;
    if (changed)
      await inTransaction(store, async (rows) => {
        for (const source of staged) await updateSource(rows, source);
        await publishSources(rows, id, staged);
        await publishExperiment(rows, id, infoText);
      });
    const present = new Set(files.map(({ name }) => name));
    const kept = [...live.keys()].filter((name) => !present.has(name));
    return { id, changed, files: imported, ignored: ignored.sort(), kept };
  } finally {
    await discardStaged(store, id);
  }
};

const readBackOf = (store: Store, source: string): ReadBack =>
  async function* (fromMs, toMs) {
    for (const block of await readBlockHeads(store.db, source, { kind: 'samples', fromMs, toMs })) {
      const data = await readBlockData(store.db, source, block.seq);
      if (data !== undefined)
        yield { head: parseHead(SampleHead, block.head), columns: decodeSamples(data, block.rows) };
    }
  };
