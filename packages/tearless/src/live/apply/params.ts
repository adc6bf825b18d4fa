// Parameters that steps of live updates share, and what they make of them.
import { z } from 'zod';
import { Instance } from '../../daemon/params.ts';
import type { Signing } from './host-injector.ts';
import type { LiveMeans } from './means.ts';

export const BuildId = z.string().regex(/^[0-9a-f]{16,64}$/);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
export const Path = z.string().startsWith('/');

/** A file at the operator's, as it was when it was planned with. */
export const ShippedFile = z.object({ path: Path, sha256: Digest });
export type ShippedFile = z.output<typeof ShippedFile>;

/** What every step needs that has the injector do something. */
export const InjectParams = z.object({
  instance: Instance,
  /** Signs plans: a file of ssh-keygen's. */
  key: Path,
  injector: ShippedFile,
  maxPauseUs: z.int().positive(),
});
export type InjectParams = z.output<typeof InjectParams>;

export const UpdateParams = z.object({
  ...InjectParams.shape,
  from: BuildId,
  to: BuildId,
  /** Directories of `live build`: of what runs, of what it becomes, of what the process was started from, of all in between. */
  builds: z.object({ from: Path, to: Path, program: Path, between: z.array(Path) }),
  rules: ShippedFile.nullable(),
});
export type UpdateParams = z.output<typeof UpdateParams>;

export const signingOf = (
  { sign, readInjector }: LiveMeans,
  { key, injector: { path, sha256 } }: Pick<InjectParams, 'key' | 'injector'>,
): Signing => ({ sign, key, injectorSha256: sha256, readInjector: () => readInjector(path, sha256) });
