// Before anything changes: the last measurements, the last report, the data and every file that will change in a lasting place,
// each read back.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import type { Plan } from '../../../change/plan.ts';
import { renderPlan } from '../../../change/plan-file.ts';
import {
  type ManifestEntry,
  renderExperimentJson,
  renderRelayConfig,
} from '../../../experiments/conclude/archive-files.ts';
import type { Archived, FinalCollection } from '../../../experiments/conclude/checklist.ts';
import { exportCsv } from '../../../experiments/load/export-csv.ts';
import { loadMeasurements } from '../../../experiments/load/load-measurements.ts';
import type { HostFacts } from '../../../facts/observed.ts';
import { renderExperimentCharts } from '../../../report/experiment/charts.ts';
import { renderExperimentPage } from '../../../report/experiment/page/experiment-page.ts';
import { renderReportCsv } from '../../../report/experiment/report-csv.ts';
import { usageError } from '../cli-error.ts';
import { takeCollection } from '../collect/take.ts';
import type { CommandContext } from '../context.ts';
import { makePicture } from '../experiment-report.ts';
import type { Fleet } from '../fleet.ts';
import { type Content, freeDirectory, keepFile } from './archive.ts';
import type { ConclusionPlan } from './plan-conclusion.ts';

export interface Preparation {
  readonly collection: FinalCollection;
  readonly archive: Pick<Archived, 'directory' | 'charts' | 'backups'>;
  /** Written so far; the manifest names them at the end. */
  readonly files: readonly ManifestEntry[];
}

/** Every host is asked once, all its relays at one instant; the samples are the experiment's last. */
const collectLast = async (
  fleet: Fleet,
  { experiment }: ConclusionPlan,
  context: CommandContext,
): Promise<FinalCollection> => {
  const targets = [{ id: experiment.id, relays: experiment.armOf }];
  const { hosts, gaps } = await takeCollection(fleet, targets, context, context.surroundings.clock.now());
  return {
    hosts: hosts.map(({ host, atMs, relays }) => ({ host, atMs, relays: relays.length })),
    gaps: gaps.map(({ host, error }) => `${host}: ${error.message}`),
  };
};

/** What a step is about to change or take away, with the hash that it was planned with. */
const changedFiles = ({ items }: Plan): { readonly host: string; readonly path: string; readonly sha256: string }[] =>
  items.flatMap(({ host, steps }) =>
    steps.flatMap(({ params: { path, expects } }) =>
      typeof path === 'string' && typeof expects === 'string' ? [{ host, path, sha256: expects }] : [],
    ),
  );

const knownFiles = (facts: HostFacts | undefined) =>
  facts === undefined
    ? []
    : [
        ...facts.instances.flatMap(({ torrc, dropIns }) => [...torrc, ...dropIns]),
        ...(facts.cronTables ?? []),
        ...(facts.restartUnits ?? []),
      ];

/** Files that this plan will change, copied under `backup/HOST/PATH`; those that are there already stay. */
export const keepBackups = async (
  directory: string,
  fleet: Fleet,
  { plan, observation }: Pick<ConclusionPlan, 'plan' | 'observation'>,
  already: ReadonlySet<string>,
): Promise<ManifestEntry[]> => {
  const kept: ManifestEntry[] = [];
  for (const { host, path, sha256 } of changedFiles(plan)) {
    const place = `backup/${host}${path}`;
    if (already.has(place) || kept.some((entry) => entry.path === place)) continue;
    const known = knownFiles(observation.hosts.get(host)).find((file) => file.path === path && file.sha256 === sha256);
    // Of a file that is not UTF-8 facts have the hash and not the bytes.
    const isText = known !== undefined && sha256Hex(known.text) === sha256;
    const content: Content = isText ? known.text : await readHostFile(fleet, host, path);
    kept.push(keepFile(directory, place, content, { sha256 }));
  }
  return kept;
};

const readHostFile = async (fleet: Fleet, name: string, path: string): Promise<Uint8Array> => {
  const host = fleet.hosts.get(name);
  const isCron = path.startsWith('/etc/cron.d/') || path.startsWith('/var/spool/cron/');
  return isCron ? (await host.call('cron-read', { args: [path] })).stdout : host.read(path);
};

export interface PrepareCall {
  readonly archive: string | undefined;
  readonly keep: readonly string[];
}

const readKept = (paths: readonly string[], cwd: string): { readonly path: string; readonly content: Uint8Array }[] =>
  paths.map((path) => {
    try {
      return { path: `kept/${path.split('/').at(-1)}`, content: readFileSync(resolve(cwd, path)) };
    } catch (error) {
      throw usageError(
        `--keep ${path}: ${error instanceof Error ? error.message : error}`,
        'name a file that is there',
      );
    }
  });

/** @throws CliError `conclude-archive-failed`; what collecting and reporting throw */
export const prepareConclusion = async (
  fleet: Fleet,
  conclusion: ConclusionPlan,
  call: PrepareCall,
  context: CommandContext,
): Promise<Preparation> => {
  const { surroundings, output } = context;
  const { id } = conclusion.experiment;
  const kept = readKept(call.keep, surroundings.cwd);
  const wanted =
    call.archive === undefined
      ? join(fleet.state.directory, 'experiments', id)
      : resolve(surroundings.cwd, call.archive);
  const collection = await collectLast(fleet, conclusion, context);
  output.note(`measured ${collection.hosts.reduce((sum, { relays }) => sum + relays, 0)} relays for the last time`);
  const measurements = await loadMeasurements(fleet.store, id);
  const picture = await makePicture(fleet.store, id, {});
  const directory = freeDirectory(wanted);
  const charts = renderExperimentCharts(picture, { public: false }).map(({ name, svg }) => ({
    path: `charts/${name}.svg`,
    content: svg,
  }));
  const contents: { readonly path: string; readonly content: Content }[] = [
    { path: 'experiment.json', content: renderExperimentJson(measurements, surroundings.clock.now()) },
    { path: 'memory_measurements.csv', content: { lines: exportCsv(measurements) } },
    { path: 'relay_config.csv', content: renderRelayConfig(measurements) },
    { path: 'report.json', content: `${JSON.stringify(picture.report, undefined, 2)}\n` },
    { path: 'report.csv', content: renderReportCsv(picture, { public: false }) },
    { path: 'report.html', content: renderExperimentPage(picture, { public: false }) },
    ...charts,
    { path: 'public/report.html', content: renderExperimentPage(picture, { public: true }) },
    { path: 'plan.json', content: renderPlan(conclusion.plan) },
    { path: 'leavings.json', content: `${JSON.stringify(conclusion.leavings, undefined, 2)}\n` },
    { path: 'backup/tearless.yaml', content: fleet.file.text },
    ...kept,
  ];
  const files = contents.map(({ path, content }) => keepFile(directory, path, content));
  const backups = await keepBackups(directory, fleet, conclusion, new Set());
  output.note(`kept ${files.length + backups.length} files in ${directory}, each read back`);
  return {
    collection,
    archive: {
      directory,
      charts: charts.map(({ path }) => path),
      backups: backups.map(({ path }) => path),
    },
    files: [...files, ...backups],
  };
};
