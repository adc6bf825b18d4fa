// A build for live updates as values: what stands in its directory, read and taken apart.
import type { BuildManifest } from '../build/manifest.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { BuildFiles } from '../verdict/compare-builds.ts';

export interface LiveBuild {
  readonly manifest: BuildManifest;
  readonly files: BuildFiles;
  readonly side: VariableSide;
}
