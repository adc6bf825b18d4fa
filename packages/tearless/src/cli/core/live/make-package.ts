// The package of a build, made where the build was made.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import type { Host } from '../../../host/host.ts';
import { programPath } from '../../../live/apply/steps/install.ts';
import type { BuildManifest } from '../../../live/build/manifest.ts';
import { namePackage, packageScript } from '../../../live/build/package-script.ts';
import { LiveError } from '../../../live/live-error.ts';
import { lastLines } from './last-lines.ts';

const packageTimeoutMs = 10 * 60_000;

/** @throws LiveError `live-package-failed` */
export const makePackage = async (
  host: Host,
  out: string,
  build: Pick<BuildManifest, 'version' | 'buildId'>,
  debianVersion: string,
  signal: AbortSignal,
): Promise<NonNullable<BuildManifest['debian']>['package']> => {
  const { name, version } = namePackage(build, debianVersion);
  const args = [out, name, version, programPath(build.buildId)];
  const { exitCode, stdout, stderr } = await host.run(packageScript, { args, signal, timeoutMs: packageTimeoutMs });
  const file = /^package (.*)$/m.exec(Buffer.from(stdout).toString('utf8'))?.[1];
  if (exitCode !== 0 || file === undefined)
    throw new LiveError({
      kind: 'failed',
      code: 'live-package-failed',
      message: `the package could not be made:\n${stderr.trim()}\n${lastLines(join(out, 'build.log'))}`,
      subject: join(out, 'build.log'),
      hint: 'it needs dpkg-dev and binutils',
    });
  return { file, name, version, sha256: sha256Hex(readFileSync(join(out, file))) };
};
