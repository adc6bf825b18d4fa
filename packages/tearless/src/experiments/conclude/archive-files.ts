// The files that document an experiment for good, in the form that published ones have, and what must be among them. Pure.
import { sha256Hex } from '../../base/json.ts';
import { exportCsv } from '../load/export-csv.ts';
import type { Measurements } from '../model/measurements.ts';

export interface ArchiveFile {
  /** Relative to the archive. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** `charts/` stands for at least one file in it. */
export const retentionList = [
  'experiment.json',
  'memory_measurements.csv',
  'relay_config.csv',
  'charts/',
  'report.html',
  'plan.json',
  'leavings.json',
  'conclusion.md',
] as const;

export const manifestName = 'manifest.json';

const day = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString().slice(0, 10));

export const renderExperimentJson = ({ info, servers }: Measurements, endMs: number): string =>
  `${JSON.stringify(
    {
      id: info.id,
      name: info.title,
      server: servers.at(-1)?.server ?? '',
      start_date: day(info.startMs),
      end_date: day(info.endMs ?? endMs),
      hypothesis: info.hypothesis ?? '',
      description: info.description ?? '',
      groups: Object.fromEntries(
        info.arms.map(({ id, name, config, addedMs }) => [
          id,
          { name, config, ...(addedMs === undefined ? {} : { added: day(addedMs) }) },
        ]),
      ),
      tor_version: info.torVersion ?? '',
      control: info.control ?? '',
      assignment: info.assignment,
    },
    undefined,
    2,
  )}\n`;

const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const renderRelayConfig = ({ info, relays }: Measurements): string => {
  const arms = new Map(info.arms.map((arm) => [arm.id, arm]));
  const rows = relays.map(({ fingerprint = '', nickname, arm = '', block = '' }) => {
    const { name = '', config = {} } = arms.get(arm) ?? {};
    const { allocator = '', ...rest } = config;
    const settings = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
    const notes = block === '' ? name : `${name}; block ${block}`;
    return [fingerprint, nickname, arm, String(allocator), settings.join(' '), notes].map(field).join(',');
  });
  return `${['fingerprint,nickname,group,allocator,config,notes', ...rows].join('\n')}\n`;
};

export const renderMeasurementsCsv = (measurements: Measurements): string => {
  const parts: string[] = [];
  for (const line of exportCsv(measurements)) parts.push(line, '\n');
  return parts.join('');
};

export interface ManifestEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const describeFile = ({ path, content }: ArchiveFile): ManifestEntry => ({
  path,
  bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
  sha256: sha256Hex(content),
});

export const renderManifest = (experiment: string, atMs: number, files: readonly ManifestEntry[]): string =>
  `${JSON.stringify(
    {
      schema: 'tearless.experiment-archive/v1',
      experiment,
      at: new Date(atMs).toISOString(),
      retention: retentionList,
      files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    },
    undefined,
    2,
  )}\n`;

/** What the retention list asks for and the files do not have; files without content do not count. */
export const findMissing = (files: readonly ManifestEntry[], except: readonly string[] = []): string[] => {
  const there = files.filter(({ bytes }) => bytes > 0).map(({ path }) => path);
  return retentionList.filter(
    (wanted) =>
      !except.includes(wanted) &&
      !there.some((path) => (wanted.endsWith('/') ? path.startsWith(wanted) : path === wanted)),
  );
};
