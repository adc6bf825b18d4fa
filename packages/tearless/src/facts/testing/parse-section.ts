// For tests: the parser of each fact by its name, over a recording.
import { Bug } from '../../base/error.ts';
import type { Section } from '../section.ts';
import { parseAllocatorMarkers } from '../sections/allocator-markers.ts';
import { parseClock } from '../sections/clock.ts';
import { parseDisks } from '../sections/disks.ts';
import { parseElfFiles } from '../sections/elf-files.ts';
import { parseElfHeads } from '../sections/elf-heads.ts';
import { parseFileStatus } from '../sections/file-status.ts';
import { parseFileText } from '../sections/file-text.ts';
import { parseFingerprints } from '../sections/fingerprints.ts';
import { parseKernel } from '../sections/kernel.ts';
import { parseLibraryAliases } from '../sections/library-aliases.ts';
import { parseLibraryCandidates } from '../sections/library-candidates.ts';
import { parseMachine } from '../sections/machine.ts';
import { parseMappedObjects } from '../sections/mapped-objects.ts';
import { parseOs } from '../sections/os.ts';
import { parsePackageFiles } from '../sections/package-files.ts';
import { parsePackages } from '../sections/packages.ts';
import { parseProcessMemory } from '../sections/process-memory.ts';
import { parseProcessPreload } from '../sections/process-preload.ts';
import { parseProcessStat } from '../sections/process-stat.ts';
import { parseProcessStatus } from '../sections/process-status.ts';
import { parseSystemdVersion } from '../sections/systemd-version.ts';
import { parseTimerFiles } from '../sections/timer-files.ts';
import { parseTorVersion } from '../sections/tor-version.ts';
import { parseTorrcIncludes } from '../sections/torrc-includes.ts';
import { parseUnits } from '../sections/units.ts';

/** Parsers that need nothing but their own section's text. */
export const textParsers: Readonly<Record<string, (text: string) => unknown>> = {
  'allocator-markers': parseAllocatorMarkers,
  clock: parseClock,
  disks: parseDisks,
  'elf-files': parseElfFiles,
  'file-status': parseFileStatus,
  fingerprints: parseFingerprints,
  kernel: parseKernel,
  'library-aliases': parseLibraryAliases,
  'library-candidates': parseLibraryCandidates,
  machine: parseMachine,
  'mapped-objects': parseMappedObjects,
  os: parseOs,
  'package-files': parsePackageFiles,
  packages: parsePackages,
  'process-memory': parseProcessMemory,
  'process-preload': parseProcessPreload,
  'process-stat': parseProcessStat,
  'process-status': parseProcessStatus,
  'systemd-version': parseSystemdVersion,
  'timer-files': parseTimerFiles,
  'tor-version': parseTorVersion,
  'torrc-includes': parseTorrcIncludes,
  units: parseUnits,
};

const bytesOf = (fact: string, sections: ReadonlyMap<string, Section>): Uint8Array => {
  const section = sections.get(fact);
  if (section === undefined) throw new Bug(`the recording has no ${fact}`);
  return section.bytes;
};

export const parseSection = (fact: string, sections: ReadonlyMap<string, Section>): unknown => {
  const text = (name: string): string => new TextDecoder().decode(bytesOf(name, sections));
  if (fact === 'elf-heads') return parseElfHeads(text(fact), parseElfFiles(text('elf-files')));
  if (fact === 'file-text') return parseFileText(bytesOf(fact, sections), parseFileStatus(text('file-status')));
  const parse = textParsers[fact];
  if (parse === undefined) throw new Bug(`no parser of ${fact} is named here`);
  return parse(text(fact));
};
