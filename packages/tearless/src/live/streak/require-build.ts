// That a process has become what a step made of it: all its functions begin as the updates that it runs with have written them, and no
// other way, and the build-id that stands beside the latest code is the wanted one. Pure.

import type { LiveBuild } from '../apply/live-build.ts';
import { requireOwnCode, type Written } from '../apply/require-own-code.ts';
import type { RunningProgram } from '../apply/running-program.ts';
import { findBuildMark } from '../link/build-mark.ts';
import type { Generation } from '../link/generation.ts';
import { LiveError } from '../live-error.ts';

export interface Expected {
  /** What the process was started from. */
  readonly first: Pick<LiveBuild, 'files'>;
  readonly generation: Pick<Generation, 'addresses'>;
  /** By the updates that it runs with, in their order. */
  readonly written: readonly Written[];
  readonly buildId: string;
}

/** @throws LiveError `live-other-code`, `live-streak-other-code` */
export const requireBuild = (program: RunningProgram, { first, generation, written, buildId }: Expected): void => {
  requireOwnCode(first, program, generation, written);
  const mark = findBuildMark(generation);
  const found =
    mark === undefined
      ? program.target.buildId
      : Buffer.from(program.readCode(mark, buildId.length / 2)).toString('hex');
  if (found !== buildId)
    throw new LiveError({
      kind: 'failed',
      code: 'live-streak-other-code',
      message: `process ${program.target.pid} runs the code of the build-id ${found}, not of ${buildId}`,
      place: 'host',
      subject: String(program.target.pid),
      hint: 'look at the process, and restart it',
    });
};
