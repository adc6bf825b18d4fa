// Takes a plain file away: one that Tearless owns, or one whose content the plan names because a person adopted it.
import { z } from 'zod';
import type { StepKind } from '../step.ts';
import {
  driftError,
  FileMemory,
  fileError,
  isFormer,
  refuseNewerRun,
  releaseFile,
  rememberFile,
  Sha256,
  statPlainFile,
  writeFormer,
} from './file-state.ts';
import { changeOwned, inTurn, readOwned, writeOwned } from './ownership.ts';

export const FileRemoveParams = z.object({
  path: z.string().startsWith('/'),
  /** SHA-256 of what stood there when it was planned. */
  expects: Sha256,
  /** A person has adopted this very content: it may go although Tearless did not write it. */
  adopted: z.boolean(),
});
export type FileRemoveParams = z.infer<typeof FileRemoveParams>;

export const fileRemove: StepKind<FileRemoveParams, FileMemory> = {
  kind: 'file.remove',
  role: 'state',
  params: FileRemoveParams,
  memory: FileMemory,

  check: async ({ host }, params) => (await host.stat(params.path)) === undefined,

  remember: async ({ host }, params) => {
    const memory = await rememberFile(host, params.path);
    if (memory.former?.sha256 !== params.expects) throw driftError(host, params.path, memory.former !== null);
    if (!params.adopted && memory.owned?.sha256 !== params.expects) {
      throw fileError(
        host,
        params.path,
        'change-file-not-owned',
        memory.owned === null ? 'was not written by Tearless' : 'was changed since Tearless wrote it',
        'remove it by hand, or adopt it first',
      );
    }
    return memory;
  },

  do: ({ host }, params, memory) =>
    inTurn(host, async () => {
      const entry = await statPlainFile(host, params.path);
      if (entry !== undefined && entry.sha256 !== memory.former?.sha256) throw driftError(host, params.path, true);
      if (entry !== undefined) await host.remove(params.path);
      await releaseFile(host, params.path, [], null);
    }),

  verify: async ({ host }, params) => {
    const entry = await host.stat(params.path);
    if (entry === undefined) return { path: params.path, absent: true };
    throw fileError(
      host,
      params.path,
      'change-file-unproven',
      'is still there after it was removed',
      'something else writes this file; find out what',
    );
  },

  undo: ({ host }, params, { former, owned, ownedDirectories }) =>
    inTurn(host, async () => {
      if (former === null) return;
      const entry = await statPlainFile(host, params.path);
      if (!isFormer(entry, former)) {
        if (entry !== undefined && entry.sha256 !== former.sha256) throw driftError(host, params.path, true);
        await writeFormer(host, params.path, former);
      }
      const before = await readOwned(host);
      const after = changeOwned(before, { files: { [params.path]: owned }, directories: ownedDirectories });
      await writeOwned(host, before, after);
    }),

  mayUndo: (context, { path }, { former }) => refuseNewerRun(context, path, former === null ? [] : [former.sha256]),
};
