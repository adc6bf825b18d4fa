// What a build for live updates is: beside its program and its relocatable file.
import { z } from 'zod';
import { LiveError } from '../live-error.ts';

export const manifestName = 'manifest.json';
/** The ledger of what was set aside, for the build of the next release. */
export const ledgerName = 'ledger.json';

export const BuildManifest = z.object({
  schema: z.literal('tearless.live-build/v1'),
  version: z.string().min(1),
  /** Of the program: what a process that runs it is known by. */
  buildId: z.string().regex(/^[0-9a-f]{16,}$/),
  compiler: z.string(),
  configure: z.array(z.string()),
  /** Longs that are set aside at the end of structs; 0 for layouts as the release has them. */
  reserveLongs: z.int().nonnegative(),
  /** SHA-256 of the program, and of its relocatable file. */
  sha256: z.object({ tor: z.string().regex(/^[0-9a-f]{64}$/), object: z.string().regex(/^[0-9a-f]{64}$/) }),
  builtAt: z.string(),
  /** What the archive's source package was, and what was made of it. */
  debian: z
    .object({
      sourceVersion: z.string(),
      package: z.object({ file: z.string(), name: z.string(), version: z.string(), sha256: z.string() }),
    })
    .optional(),
});
export type BuildManifest = z.infer<typeof BuildManifest>;

/** @param path for errors. @throws LiveError `live-build-unreadable` */
export const parseManifest = (text: string, path: string): BuildManifest => {
  const refuse = (why: string): LiveError =>
    new LiveError({
      kind: 'config',
      code: 'live-build-unreadable',
      message: `${path}: ${why}`,
      subject: path,
      hint: "'tearless live build' makes such a directory",
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const checked = BuildManifest.safeParse(value);
  if (!checked.success) throw refuse(z.prettifyError(checked.error));
  return checked.data;
};
