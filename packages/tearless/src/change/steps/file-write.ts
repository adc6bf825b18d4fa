// A plain file with given content and attributes. Refuses to overwrite what the plan has not seen.
import { z } from 'zod';
import { sha256Hex } from '../../base/json.ts';
import { ChangeError } from '../change-error.ts';
import type { StepKind } from '../step.ts';
import {
  driftError,
  FileMemory,
  isFormer,
  refuseNewerRun,
  releaseFile,
  rememberFile,
  Sha256,
  statPlainFile,
  writeFormer,
} from './file-state.ts';
import { changeOwned, inTurn, readOwned, writeOwned } from './ownership.ts';

export const FileWriteParams = z.object({
  path: z.string().startsWith('/'),
  content: z.string(),
  mode: z.number().int().min(0).max(0o7777),
  owner: z.string(),
  group: z.string(),
  /** SHA-256 of what stood there when it was planned; null where nothing stood. */
  expects: Sha256.nullable(),
});
export type FileWriteParams = z.infer<typeof FileWriteParams>;

export const fileWrite: StepKind<FileWriteParams, FileMemory> = {
  kind: 'file.write',
  role: 'state',
  params: FileWriteParams,
  memory: FileMemory,

  check: async ({ host }, params) => {
    const entry = await host.stat(params.path);
    return (
      entry?.type === 'file' &&
      entry.sha256 === sha256Hex(params.content) &&
      entry.mode === params.mode &&
      entry.owner === params.owner &&
      entry.group === params.group
    );
  },

  remember: async ({ host }, params) => {
    const memory = await rememberFile(host, params.path);
    const found = memory.former?.sha256 ?? null;
    if (found !== params.expects && found !== sha256Hex(params.content)) {
      throw driftError(host, params.path, memory.former !== null);
    }
    return memory;
  },

  do: ({ host, run }, params, memory) =>
    inTurn(host, async () => {
      const wanted = sha256Hex(params.content);
      const entry = await statPlainFile(host, params.path);
      const found = entry?.sha256 ?? null;
      if (found !== wanted && found !== (memory.former?.sha256 ?? null))
        throw driftError(host, params.path, entry !== undefined);
      const owned = await readOwned(host);
      const made = memory.missingDirectories.map((directory) => [directory, { run }] as const);
      const after = changeOwned(owned, {
        files: { [params.path]: { sha256: wanted, run } },
        directories: Object.fromEntries(made),
      });
      await writeOwned(host, owned, after);
      await host.write(params.path, params.content, { mode: params.mode, owner: params.owner, group: params.group });
    }),

  verify: async ({ host }, params) => {
    const entry = await statPlainFile(host, params.path);
    if (entry?.sha256 === sha256Hex(params.content)) {
      return { path: params.path, sha256: entry.sha256, mode: entry.mode, owner: entry.owner, group: entry.group };
    }
    throw new ChangeError({
      kind: 'refused',
      code: 'change-file-unproven',
      place: 'host',
      message: `${host.name}: ${params.path} does not hold what was just written`,
      hint: 'something else writes this file; find out what',
      subject: `${host.name}:${params.path}`,
    });
  },

  undo: ({ host }, params, memory) =>
    inTurn(host, async () => {
      const { path } = params;
      const { former } = memory;
      const entry = await statPlainFile(host, path);
      const ours = entry === undefined || entry.sha256 === sha256Hex(params.content);
      if (former === null) {
        if (!ours) throw driftError(host, path, entry !== undefined);
        if (entry !== undefined) await host.remove(path);
      } else if (!isFormer(entry, former)) {
        if (!ours && entry?.sha256 !== former.sha256) throw driftError(host, path, entry !== undefined);
        await writeFormer(host, path, former);
      }
      await releaseFile(host, path, memory.missingDirectories, memory.owned);
    }),

  mayUndo: (context, { path, content }, { former }) =>
    refuseNewerRun(context, path, former === null ? [sha256Hex(content)] : [sha256Hex(content), former.sha256]),
};
