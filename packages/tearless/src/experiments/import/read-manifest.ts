// experiment.json: what the experiment is and which arms it has. Dates are read like the times of its rows.
import { z } from 'zod';
import type { ManifestDocument } from '../load/documents.ts';
import { ExperimentError } from '../model/experiment-error.ts';
import { InstantReader } from './instant.ts';

const Text = z.string().trim();
const Setting = z.union([z.string(), z.number(), z.boolean()]);

const Group = z.object({
  name: Text.optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  added: Text.optional(),
});

const Manifest = z.object({
  id: Text.optional(),
  name: Text.optional(),
  start_date: Text.nullish(),
  end_date: Text.nullish(),
  hypothesis: Text.nullish(),
  description: Text.nullish(),
  groups: z.record(z.string(), Group).optional(),
  control: Text.nullish(),
  control_group: Text.nullish(),
  tor_version: Text.nullish(),
});

const broken = (name: string, why: string, cause?: unknown): ExperimentError =>
  new ExperimentError({
    kind: 'failed',
    code: 'import-unreadable',
    message: `${name} cannot be read: ${why}`,
    hint: 'mend the file, then import again; nothing was imported',
    subject: name,
    cause,
  });

/** @throws ExperimentError `import-unreadable` */
export const parseJsonFile = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw broken(name, error instanceof Error ? error.message : 'it is no JSON', error);
  }
};

/** Whether a JSON value looks like the description of an experiment. */
export const isManifest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'groups' in value;

const settingsOf = (config: Readonly<Record<string, unknown>>): ManifestDocument['arms'][number]['config'] =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      Setting.safeParse(value).success ? (value as string | number | boolean) : JSON.stringify(value),
    ]),
  );

/** @throws ExperimentError `import-unreadable`, naming the field */
export const parseManifest = (value: unknown, name: string, timeZone: string | undefined): ManifestDocument => {
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(name, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it has another form'}`, parsed.error);
  }
  const { data } = parsed;
  const instants = new InstantReader(timeZone);
  const read = (field: string, text: string | null | undefined): number | undefined => {
    if (text === undefined || text === null || text === '') return undefined;
    const atMs = instants.read(text);
    if (Number.isNaN(atMs)) throw broken(name, `${field}: '${text}' is no time`);
    return atMs;
  };
  const said = <K extends string, T>(key: K, given: T | null | undefined): { [P in K]?: T } =>
    given === undefined || given === null || given === '' ? {} : ({ [key]: given } as { [P in K]: T });
  return {
    kind: 'manifest',
    ...said('id', data.id),
    ...said('title', data.name),
    ...said('hypothesis', data.hypothesis),
    ...said('description', data.description),
    ...said('torVersion', data.tor_version),
    ...said('startMs', read('start_date', data.start_date)),
    ...said('endMs', read('end_date', data.end_date)),
    ...said('control', data.control ?? data.control_group),
    arms: Object.entries(data.groups ?? {}).map(([id, group]) => ({
      id,
      name: group.name ?? id,
      config: settingsOf(group.config ?? {}),
      ...said('addedMs', read(`groups.${id}.added`, group.added)),
    })),
  };
};
