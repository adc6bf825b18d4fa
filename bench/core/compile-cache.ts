// A compile cache of one benchmark's own: warm after the rounds that do not count, as it is for a person, and gone afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls `work` with the environment for the processes that shall share the cache. */
export const withCompileCache = async <T>(work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'tearless-bench-'));
  try {
    return await work({ ...process.env, NODE_COMPILE_CACHE: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
};
