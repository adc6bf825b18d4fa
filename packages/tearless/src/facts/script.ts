// The script that reads all facts of a host in one go: the snippets of sections/, each between boundaries that carry a
// nonce. What a file on the host says cannot end a section, since nobody there knew the nonce when it was written.
import { scriptStart } from './script-start.ts';
import { allocatorMarkers } from './sections/allocator-markers.ts';
import { clock } from './sections/clock.ts';
import { disks } from './sections/disks.ts';
import { elfFiles } from './sections/elf-files.ts';
import { elfHeads } from './sections/elf-heads.ts';
import type { Fact } from './sections/fact.ts';
import { fileStatus } from './sections/file-status.ts';
import { fileText } from './sections/file-text.ts';
import { fingerprints } from './sections/fingerprints.ts';
import { kernel } from './sections/kernel.ts';
import { libraryAliases } from './sections/library-aliases.ts';
import { libraryCandidates } from './sections/library-candidates.ts';
import { machine } from './sections/machine.ts';
import { mappedObjects } from './sections/mapped-objects.ts';
import { os } from './sections/os.ts';
import { packageFiles } from './sections/package-files.ts';
import { packages } from './sections/packages.ts';
import { processMemory } from './sections/process-memory.ts';
import { processPreload } from './sections/process-preload.ts';
import { processStat } from './sections/process-stat.ts';
import { processStatus } from './sections/process-status.ts';
import { systemdVersion } from './sections/systemd-version.ts';
import { timerFiles } from './sections/timer-files.ts';
import { torVersion } from './sections/tor-version.ts';
import { torrcIncludes } from './sections/torrc-includes.ts';
import { units } from './sections/units.ts';

/** In the order in which they run: some use what earlier ones found. */
export const facts: readonly Fact[] = [
  clock,
  os,
  kernel,
  systemdVersion,
  machine,
  disks,
  packages,
  packageFiles,
  torVersion,
  timerFiles,
  units,
  processStat,
  processStatus,
  processMemory,
  processPreload,
  mappedObjects,
  libraryCandidates,
  libraryAliases,
  allocatorMarkers,
  elfFiles,
  elfHeads,
  torrcIncludes,
  fileStatus,
  fileText,
  fingerprints,
];

const functionName = (name: string): string => `fact_${name.replaceAll('-', '_')}`;

/**
 * Body of a POSIX sh function. Its first argument is the nonce (32 hexadecimal digits), further ones are paths of
 * libraries to look at. Reads only, needs root, uses no standard input, never exits the shell; works under `set -eu`
 * and without. How sections are framed: see section.ts.
 */
export const factsScript: string = `${scriptStart('facts')}
f_nl='
'
f_wanted=$(printf '%s\\n' "$@")
${facts.map((fact) => `${functionName(fact.name)}() {\n${fact.script}\n}`).join('\n')}
f_section() {
  printf '%s begin %s\\n' "$f_nonce" "$1"
  f_status=0
  "$2" </dev/null || f_status=$?
  printf '\\n%s end %s %s\\n' "$f_nonce" "$1" "$f_status"
}
${facts.map((fact) => `f_section ${fact.name} ${functionName(fact.name)}`).join('\n')}
printf '%s done\\n' "$f_nonce"
`;
