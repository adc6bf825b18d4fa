// A directory that `live build` made, checked against its own manifest.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildManifest, manifestName, parseManifest } from '../../../live/build/manifest.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { BuildFiles } from '../../../live/verdict/compare-builds.ts';

const read = (path: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new LiveError({
      kind: 'not-found',
      code: 'live-build-unreadable',
      message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      hint: "name a directory that 'tearless live build' made",
      cause: error,
    });
  }
};

/** @throws LiveError `live-build-unreadable`, `live-build-changed` */
export const readBuildDirectory = (directory: string): BuildFiles & { readonly manifest: BuildManifest } => {
  const path = join(directory, manifestName);
  if (!existsSync(path))
    throw new LiveError({
      kind: 'not-found',
      code: 'live-build-unreadable',
      message: existsSync(directory)
        ? `${directory} is no build: it has no ${manifestName}, which is written when a build is finished`
        : `there is no ${directory}`,
      subject: directory,
      hint: "name a directory that 'tearless live build' made",
    });
  const manifest = parseManifest(Buffer.from(read(path)).toString('utf8'), path);
  const check = (name: string, wanted: string): Uint8Array => {
    const file = join(directory, name);
    const bytes = read(file);
    if (createHash('sha256').update(bytes).digest('hex') === wanted) return bytes;
    throw new LiveError({
      kind: 'refused',
      code: 'live-build-changed',
      message: `${file} is not what ${manifestName} beside it says`,
      subject: file,
      hint: 'build it again',
    });
  };
  return { manifest, tor: check('tor', manifest.sha256.tor), object: check('tor.o', manifest.sha256.object) };
};
