// Two builds compared in all that a live update depends on. Bytes in, values out.
import { readDebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { diffCode } from '../diff/diff-code.ts';
import { diffTypes } from '../diff/diff-types.ts';
import { diffVariables, type VariableSide } from '../diff/diff-variables.ts';
import type { Differences } from '../diff/differences.ts';
import { listNewEvents } from '../diff/new-events.ts';
import { listNewImports } from '../diff/new-imports.ts';
import { findWaiting, isLoopFollowed, listOnStack, listPartsOf, mainLoop, workers } from '../diff/on-stack.ts';
import { readImage } from '../image/program-image.ts';
import { canLeaveLoop } from '../rules/built-in.ts';
import { listNewOptions } from '../rules/new-options.ts';
import { hasOtherOptions, listKept, listOtherModules } from '../rules/renew-options.ts';
import { readReach } from './reach.ts';
import { requireFitBuild } from './require-fit-build.ts';

export interface BuildFiles {
  /** The linked program, with debug information. */
  readonly tor: Uint8Array;
  /** All of it as one relocatable file. */
  readonly object: Uint8Array;
}

/** @throws ElfError for files that are none, or lack debug information; LiveError `live-build-opaque` */
export const readBuild = ({ tor, object }: BuildFiles): VariableSide => {
  const debug = readDebugInfo(tor);
  const linked = new ElfFile(tor);
  const image = readImage(new ElfFile(object), debug, linked);
  requireFitBuild(image, debug, linked);
  return { debug, image };
};

export const compareBuilds = (former: VariableSide, next: VariableSide): Differences => {
  const types = diffTypes(former.debug, next.debug);
  const waiting = findWaiting(former.image);
  const onStack = listOnStack(waiting, canLeaveLoop(next) ? [...mainLoop, ...workers] : workers);
  const reach = types.changed.size === 0 ? undefined : readReach(former.debug);
  return {
    types,
    reached: new Map([...types.changed.keys()].map((type) => [type, reach?.way(type)])),
    otherOptions: hasOtherOptions({ former, next }),
    otherModules: listOtherModules({ former, next }),
    newOptions: new Map(listNewOptions({ former, next }).map(({ name, member }) => [member, name])),
    keptLists: listKept({ former, next }),
    newEvents: listNewEvents(former, next),
    newLibraries: next.image.asked.libraries.filter((name) => !former.image.asked.libraries.includes(name)),
    code: diffCode(former, next, waiting.keys()),
    variables: diffVariables(former, next),
    isLoopFollowed: isLoopFollowed(former.image, waiting),
    onStack,
    partsOnStack: listPartsOf(former.image, onStack.keys()),
    newImports: listNewImports(former.image, next.image),
  };
};
