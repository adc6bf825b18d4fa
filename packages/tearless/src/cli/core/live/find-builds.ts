// Builds of a folder, known by their build-ids: what processes run is looked up here.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedBuild } from '../../../live/apply/step-specs.ts';
import { type BuildManifest, manifestName, parseManifest } from '../../../live/build/manifest.ts';
import { LiveError } from '../../../live/live-error.ts';
import { usageError } from '../cli-error.ts';
import { readBuildDirectory } from './read-build.ts';

/**
 * By build-id. Directories without a manifest that can be read are none; a folder that is not there holds none.
 * @throws CliError `cli-usage` for what is no folder
 */
export const findBuilds = (folder: string): Map<string, NamedBuild> => {
  const found = new Map<string, NamedBuild>();
  if (!existsSync(folder)) return found;
  if (!statSync(folder).isDirectory())
    throw usageError(`${folder} is no folder`, '--builds DIR names the folder that has the build which runs');
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const directory = join(folder, entry.name);
    const path = join(directory, manifestName);
    if (!existsSync(path)) continue;
    const manifest = readManifest(path);
    if (manifest !== undefined) found.set(manifest.buildId, { manifest, directory });
  }
  return found;
};

/** Undefined for what another version of Tearless wrote: it stands in nobody's way unless it is needed. */
const readManifest = (path: string): BuildManifest | undefined => {
  try {
    return parseManifest(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof LiveError) return undefined;
    throw error;
  }
};

/** @throws LiveError `live-build-unreadable`, `live-build-changed` */
export const readNamedBuild = (directory: string): NamedBuild => ({
  manifest: readBuildDirectory(directory).manifest,
  directory,
});
