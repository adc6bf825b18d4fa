// All facts of a host from the sections of its script's output. Pure.
import { describeCandidates, type LibraryKnowledge } from './allocators.ts';
import { cronTablesOf, parseCron } from './cron.ts';
import { describeInstances } from './instances.ts';
import type { HostFacts } from './observed.ts';
import { bytesOfSection, type Section, textOfSection } from './section.ts';
import { parseAllocatorMarkers } from './sections/allocator-markers.ts';
import { parseClock } from './sections/clock.ts';
import { parseDisks } from './sections/disks.ts';
import { parseElfFiles } from './sections/elf-files.ts';
import { parseElfHeads } from './sections/elf-heads.ts';
import { isRestartUnit, parseFileStatus } from './sections/file-status.ts';
import { parseFileText } from './sections/file-text.ts';
import { parseFingerprints } from './sections/fingerprints.ts';
import { parseKernel } from './sections/kernel.ts';
import { parseLibraryAliases } from './sections/library-aliases.ts';
import { parseLibraryCandidates } from './sections/library-candidates.ts';
import { parseMachine } from './sections/machine.ts';
import { parseMappedObjects } from './sections/mapped-objects.ts';
import { parseOs } from './sections/os.ts';
import { parsePackageFiles } from './sections/package-files.ts';
import { parsePackages } from './sections/packages.ts';
import { parseProcessMemory } from './sections/process-memory.ts';
import { parseProcessPreload } from './sections/process-preload.ts';
import { parseProcessStat } from './sections/process-stat.ts';
import { parseProcessStatus } from './sections/process-status.ts';
import { parseSystemdVersion } from './sections/systemd-version.ts';
import { parseTimerFiles } from './sections/timer-files.ts';
import { parseTorVersion } from './sections/tor-version.ts';
import { parseTorrcIncludes } from './sections/torrc-includes.ts';
import { parseUnits } from './sections/units.ts';
import { describeTimers } from './timers.ts';

/** @throws FactsError naming the section, and the line where one is at fault */
export const parseHostFacts = (host: string, sections: ReadonlyMap<string, Section>): HostFacts => {
  const bytes = (fact: string): Uint8Array => bytesOfSection(sections, fact);
  const text = (fact: string): string => textOfSection(sections, fact);

  const clock = parseClock(text('clock'));
  const os = parseOs(text('os'));
  const kernel = parseKernel(text('kernel'));
  const machine = parseMachine(text('machine'));
  const units = parseUnits(text('units'));
  const mapped = parseMappedObjects(text('mapped-objects'));
  const packages = parsePackages(text('packages'));
  const knowledge: LibraryKnowledge = {
    buildIds: parseElfHeads(text('elf-heads'), parseElfFiles(text('elf-files'))),
    markers: parseAllocatorMarkers(text('allocator-markers')),
    owners: parsePackageFiles(text('package-files')),
    packages,
  };
  const files = parseFileText(bytes('file-text'), parseFileStatus(text('file-status')));
  const torVersion = parseTorVersion(text('tor-version'));

  return {
    host,
    hostTimeMs: clock.timeMs,
    bootId: clock.bootId,
    os: {
      ...os,
      kernel: kernel.release,
      architecture: kernel.architecture,
      systemdVersion: parseSystemdVersion(text('systemd-version')),
    },
    memoryTotalBytes: machine.memoryTotalBytes,
    cpus: machine.cpus,
    disks: parseDisks(text('disks')),
    ...(torVersion === undefined ? {} : { torVersion }),
    packages,
    libraries: describeCandidates(
      parseLibraryCandidates(text('library-candidates')),
      parseLibraryAliases(text('library-aliases')),
      knowledge,
    ),
    instances: describeInstances({
      units,
      processes: {
        stats: parseProcessStat(text('process-stat')),
        memory: parseProcessMemory(text('process-memory')),
        peaks: parseProcessStatus(text('process-status')),
        preloads: parseProcessPreload(text('process-preload')),
        mapped: mapped.processes,
        knowledge,
        ticksPerSecond: clock.ticksPerSecond,
      },
      files,
      includes: parseTorrcIncludes(text('torrc-includes')),
      identities: parseFingerprints(text('fingerprints')),
    }),
    timers: describeTimers(units, parseTimerFiles(text('timer-files'))),
    cron: parseCron(files.values()),
    cronTables: cronTablesOf(files.values()),
    restartUnits: [...files.values()].filter(({ path }) => isRestartUnit(path)),
  };
};
