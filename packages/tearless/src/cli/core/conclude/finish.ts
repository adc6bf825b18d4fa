// After the change: every relay looked at anew, the checklist ticked from what was found and journalled, the archive closed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import { readPart } from '../../../change/plan-part.ts';
import { loadRun } from '../../../change/read-run.ts';
import type { Desired } from '../../../config/desired.ts';
import {
  findMissing,
  type ManifestEntry,
  manifestName,
  renderManifest,
} from '../../../experiments/conclude/archive-files.ts';
import { buildChecklist, type ChecklistLine, type ConclusionRun } from '../../../experiments/conclude/checklist.ts';
import type { ConclusionState, Prepared } from '../../../experiments/conclude/conclusion-note.ts';
import type { Leaving } from '../../../experiments/conclude/leaving.ts';
import { monitoringTimer } from '../../../experiments/conclude/monitoring.ts';
import { renderChecklist } from '../../../experiments/conclude/render-checklist.ts';
import { findWrongCounts, type VerifiedRelay, verifyRelays } from '../../../experiments/conclude/verify-relays.ts';
import type { Measurements } from '../../../experiments/model/measurements.ts';
import type { FleetObservation } from '../../../relays/fleet-observation.ts';
import type { Store } from '../../../store/store.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { hostsOf, observeFleet } from '../observe.ts';
import { hashFile, keepFile, verifyArchive } from './archive.ts';
import { findLeavings, readStartRuns, type Staged } from './plan-conclusion.ts';

export interface Finished {
  readonly lines: readonly ChecklistLine[];
  readonly verified: readonly VerifiedRelay[];
  readonly document: string;
}

const readRuns = (store: Store, runs: readonly string[]): Promise<ConclusionRun[]> =>
  Promise.all(
    runs.map(async (run) => {
      const { part, entries, fold } = await loadRun(store, run);
      return { run, plan: readPart(part).plan, entries, outcome: fold.state().outcome };
    }),
  );

/** Allocators that each relay of the experiment and of its hosts may have. */
const wantedAllocators = (desired: Desired, hosts: readonly string[]): Map<string, readonly string[]> =>
  new Map(
    desired.relays
      .filter(({ host }) => hosts.includes(host))
      .map(({ id, allocator }) => {
        const group = desired.shareGroups.find(({ relays }) => relays.includes(id));
        return [id, allocator !== undefined ? [allocator] : [...(group?.counts.keys() ?? [])]] as const;
      }),
  );

const countProblems = (desired: Desired, verified: readonly VerifiedRelay[]): string[] =>
  desired.shareGroups.flatMap(({ relays, counts }) => {
    const members = verified.filter(({ relay }) => relays.includes(relay));
    return members.length === relays.length ? findWrongCounts(members, counts) : [];
  });

/** Lines of a table of cron move when others go, and an option may be again what it was; what else has a place keeps it. */
const isSameLeaving = (a: Leaving, b: Leaving): boolean => {
  if (a.action.kind === 'cron')
    return b.action.kind === 'cron' && a.host === b.host && a.path === b.path && a.text === b.text;
  return a.id === b.id && (a.action.kind !== 'option' || a.text === b.text);
};

/** Every file below the archive but its manifest, with its hash. */
const listArchive = (directory: string): ManifestEntry[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => path !== manifestName)
    .map((path) => ({ path, ...hashFile(join(directory, path)) }));

/** Hashes of an earlier manifest still hold for what was archived then. */
const verifyEarlier = (directory: string): void => {
  const path = join(directory, manifestName);
  if (!existsSync(path)) return;
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: ManifestEntry[] };
  verifyArchive(
    directory,
    files.filter((file) => file.path !== 'conclusion.md' && !file.path.startsWith('runs/')),
  );
};

export interface FinishInput {
  readonly measurements: Pick<Measurements, 'info'>;
  readonly staged: Staged;
  readonly state: ConclusionState & { readonly prepared: Prepared };
}

export const finishConclusion = async (
  fleet: Fleet,
  { measurements, staged, state }: FinishInput,
  context: CommandContext,
): Promise<Finished> => {
  const { prepared } = state;
  const { directory } = prepared;
  const { desired, hosts } = staged;
  const nowMs = context.surroundings.clock.now();
  const observed: FleetObservation = await observeFleet(
    fleet,
    hostsOf(desired.relays.filter(({ host }) => hosts.includes(host))),
    context,
  );
  const verified = verifyRelays({
    relays: wantedAllocators(desired, hosts),
    allocators: desired.allocators,
    hosts: observed.hosts,
  });
  const found = findLeavings(staged, await readStartRuns(fleet, staged.experiment.id), observed);
  const going = prepared.leavings.filter(({ verdict }) => verdict === 'remove');
  const isMonitored = (host: string): boolean =>
    observed.hosts
      .get(host)
      ?.timers.some(({ unit, activeState }) => unit === monitoringTimer && activeState === 'active') === true;
  const runs = await readRuns(fleet.store, state.runs);
  verifyEarlier(directory);
  for (const { run, entries } of runs)
    keepFile(
      directory,
      `runs/${run}.ndjson`,
      { lines: entries.map((entry) => JSON.stringify(entry)) },
      { replace: true },
    );
  const before = listArchive(directory).filter(({ path }) => path !== 'conclusion.md');
  const missing = findMissing(before, ['conclusion.md']);
  const data = before.filter(({ path }) => !path.startsWith('runs/'));
  const lines = buildChecklist({
    experiment: staged.experiment.id,
    collection: prepared.collection,
    archive: {
      directory,
      files: data.length,
      bytes: data.reduce((sum, { bytes }) => sum + bytes, 0),
      manifestSha256: sha256Hex(renderManifest(staged.experiment.id, prepared.atMs, data)),
      missing,
      charts: prepared.charts,
      backups: prepared.backups,
    },
    leavings: prepared.leavings,
    runs,
    verified,
    wrongCounts: countProblems(desired, verified),
    failedUnits: [...observed.hosts].flatMap(([host, facts]) =>
      facts.instances.flatMap(({ name, activeState, unit }) =>
        activeState === 'active' || !desired.relays.some(({ id }) => id === `${host}/${name}`)
          ? []
          : [`${host}: ${unit} is ${activeState}`],
      ),
    ),
    isMonitoringWanted: prepared.monitoring,
    monitored: hosts.filter(isMonitored),
    unmonitored: hosts.filter((host) => !isMonitored(host)),
    stillThere: going.filter((leaving) => found.some((each) => isSameLeaving(leaving, each))).map(({ id }) => id),
    baseline:
      state.dueMs === undefined
        ? undefined
        : { dueMs: state.dueMs, ...(state.baseline === undefined ? {} : { taken: state.baseline }) },
  });
  const text = renderChecklist(measurements.info, prepared.target, lines, nowMs);
  keepFile(directory, 'conclusion.md', text, { replace: true });
  const manifest = renderManifest(staged.experiment.id, prepared.atMs, listArchive(directory));
  keepFile(directory, manifestName, manifest, { replace: true });
  return { lines, verified, document: join(directory, 'conclusion.md') };
};
