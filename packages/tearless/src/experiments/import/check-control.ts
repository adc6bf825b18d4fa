// Whether the arm that a person names as control is one of the experiment's.
import { readBlockHeads, type StoredSource } from '../../store/experiment-sources.ts';
import type { Store } from '../../store/store.ts';
import { parseHead, SampleHead } from '../load/block-heads.ts';
import { parseStored, SourceDocument } from '../load/documents.ts';
import { ExperimentError } from '../model/experiment-error.ts';

/** @throws ExperimentError `import-control` where no source knows that arm */
export const checkControl = async (
  store: Store,
  control: string,
  sources: readonly StoredSource[],
  declared: readonly string[],
): Promise<void> => {
  const documents = sources.flatMap(({ document, name }) =>
    document === undefined ? [] : [parseStored(SourceDocument, document, name)],
  );
  const arms = new Set(declared);
  const names = new Set<string>();
  for (const document of documents) {
    if (document.kind === 'manifest')
      for (const { id, name } of document.arms) {
        arms.add(id);
        names.add(name.toLowerCase());
      }
    if (document.kind === 'relay-config') for (const { arm } of document.relays) if (arm !== undefined) arms.add(arm);
    if (document.kind === 'group-list') arms.add(document.arm);
  }
  for (const { source } of sources)
    for (const block of await readBlockHeads(store.db, source))
      if (block.kind === 'samples') for (const arm of parseHead(SampleHead, block.head).arms) arms.add(arm);
  if (arms.has(control) || names.has(control.toLowerCase())) return;
  throw new ExperimentError({
    kind: 'usage',
    code: 'import-control',
    message: `there is no arm ${control}`,
    hint: arms.size === 0 ? 'the files name no arms' : `one of ${[...arms].slice(0, 20).join(', ')}`,
  });
};
