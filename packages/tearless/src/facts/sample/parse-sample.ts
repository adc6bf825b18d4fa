// A host's sample from the sections of its script's output. Pure.
import { findLoadedAllocator, type LibraryKnowledge } from '../allocators.ts';
import { FactsError } from '../error.ts';
import { bytesOfSection, type Section, textOfSection } from '../section.ts';
import { parseAllocatorMarkers } from '../sections/allocator-markers.ts';
import { parseClock } from '../sections/clock.ts';
import { parseElfFiles } from '../sections/elf-files.ts';
import { parseElfHeads } from '../sections/elf-heads.ts';
import { linesOf, parseCount, unexpected } from '../sections/lines.ts';
import { parseMappedObjects } from '../sections/mapped-objects.ts';
import { parsePackageFiles } from '../sections/package-files.ts';
import { parsePackages } from '../sections/packages.ts';
import { parseProcFields } from '../sections/proc-fields.ts';
import { parseProcessMemory } from '../sections/process-memory.ts';
import { parseProcessPreload } from '../sections/process-preload.ts';
import { parseProcessStat } from '../sections/process-stat.ts';
import { countOf, parseUnits } from '../sections/units.ts';
import { parseMetrics } from './metrics.ts';
import type { HostSample, RelaySample } from './observed.ts';

/** `btime 1795215494`: when the host was started, seconds since 1970 (proc_stat(5)). */
export const parseBootTime = (text: string): number => {
  const [line = { number: 1, text: '' }] = linesOf('boot-time', text);
  const seconds = parseCount(/^btime (\d+)$/.exec(line.text)?.[1] ?? '');
  if (seconds === undefined) throw unexpected('boot-time', line, 'btime SECONDS');
  return seconds * 1000;
};

/** `4711 alpha 0123456789ABCDEF0123456789ABCDEF01234567`: nickname and identity by process. */
export const parseIdentities = (text: string): Map<number, Pick<RelaySample, 'nickname' | 'fingerprint'>> => {
  const identities = new Map<number, { nickname: string; fingerprint: string }>();
  for (const line of linesOf('identities', text)) {
    const [, first = '', nickname, fingerprint] =
      /^([1-9]\d*) ([A-Za-z0-9]{1,19}) ([0-9A-F]{40})$/.exec(line.text) ?? [];
    const pid = parseCount(first);
    if (pid === undefined || nickname === undefined || fingerprint === undefined)
      throw unexpected('identities', line, 'PID NICKNAME FINGERPRINT');
    identities.set(pid, { nickname, fingerprint });
  }
  return identities;
};

const kibOf = (fields: ReadonlyMap<string, number> | undefined, name: string): number | undefined => {
  const bytes = fields?.get(name);
  return bytes === undefined ? undefined : bytes / 1024;
};

/** @throws FactsError naming the section, and the line where one is at fault */
export const parseHostSample = (host: string, sections: ReadonlyMap<string, Section>): HostSample => {
  const text = (fact: string): string => textOfSection(sections, fact);
  const clock = parseClock(text('clock'));
  const bootMs = parseBootTime(text('boot-time'));
  const stats = parseProcessStat(text('process-stat'));
  const statuses = parseProcFields('process-status', 'status', text('process-status'));
  const memories = parseProcessMemory(text('process-memory'));
  const preloads = parseProcessPreload(text('process-preload'));
  const mapped = parseMappedObjects(text('mapped-objects'));
  const knowledge: LibraryKnowledge = {
    buildIds: parseElfHeads(
      new TextDecoder('latin1').decode(bytesOfSection(sections, 'elf-heads')),
      parseElfFiles(text('elf-files')),
    ),
    markers: parseAllocatorMarkers(text('allocator-markers')),
    owners: parsePackageFiles(text('package-files')),
    packages: parsePackages(text('packages')),
  };
  const identities = parseIdentities(text('identities'));
  const metrics = parseMetrics(text('metrics'));

  const relays: RelaySample[] = [];
  const unread: string[] = [];
  for (const unit of parseUnits(text('units'))) {
    const instance = /^tor@(.+)\.service$/.exec(unit.id)?.[1];
    const pid = countOf(unit, 'MainPID');
    if (instance === undefined || pid === 0) continue;
    const stat = stats.get(pid);
    const status = statuses.get(pid);
    const [rssKib, virtualKib, peakKib] = ['VmRSS', 'VmSize', 'VmHWM'].map((name) => kibOf(status, name));
    const memory = memories.get(pid);
    const objects = mapped.processes.get(pid);
    const loaded = objects === undefined ? undefined : findLoadedAllocator(objects, preloads.get(pid), knowledge);
    if (
      stat === undefined ||
      rssKib === undefined ||
      virtualKib === undefined ||
      peakKib === undefined ||
      memory === undefined ||
      loaded === undefined
    ) {
      unread.push(instance);
      continue;
    }
    const { pssBytes, anonymousBytes, privateDirtyBytes, swapBytes } = memory;
    const answer = metrics.get(pid);
    relays.push({
      instance,
      pid,
      startedMs: bootMs + (stat.startTicks * 1000) / clock.ticksPerSecond,
      unitRestarts: countOf(unit, 'NRestarts'),
      rssKib,
      virtualKib,
      peakKib,
      pssBytes,
      anonymousBytes,
      privateDirtyBytes,
      swapBytes,
      cpuSeconds: stat.cpuTicks / clock.ticksPerSecond,
      threads: stat.threads,
      majorFaults: stat.majorFaults,
      allocator: loaded.allocator,
      ...identities.get(pid),
      ...(answer?.metrics === undefined ? {} : { metrics: answer.metrics }),
      ...(answer?.problem === undefined ? {} : { metricsProblem: answer.problem }),
    });
  }
  if (relays.length === 0 && unread.length > 0)
    throw new FactsError({
      fact: 'sample',
      problem: `none of ${unread.length} processes of tor could be read`,
      hint: 'the reader must be root on the host (with CAP_SYS_ADMIN, for /proc/PID/map_files)',
      retryable: true,
    });
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  return {
    host,
    atMs: clock.timeMs,
    bootId: clock.bootId,
    relays: relays.sort((a, b) => byName(a.instance, b.instance)),
    unread: unread.sort(byName),
  };
};
