// experiment.json: what the experiment is and which arms it has. Dates are read like the times of its rows.
import { z } from 'zod';
import type { ManifestDocument } from '../load/documents.ts';
import { ExperimentError } from '../model/experiment-error.ts';
import { plainText, quote } from './fields.ts';
import { InstantReader } from './instant.ts';

const Text = z.string().transform(plainText);
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

const broken = (name: string, why: string): ExperimentError =>
  new ExperimentError({
    kind: 'failed',
    code: 'import-unreadable',
    message: `${name} cannot be read: ${why}`,
    hint: 'mend the file, then import again; nothing was imported',
    subject: name,
  });

/** @throws ExperimentError `import-unreadable` */
export const parseJsonFile = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw broken(name, error instanceof Error ? plainText(error.message) : 'it is no JSON');
  }
};

/** Whether a JSON value looks like the description of an experiment. */
export const isManifest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'groups' in value;

const settingsOf = (config: Readonly<Record<string, unknown>>): ManifestDocument['arms'][number]['config'] =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const setting = Setting.safeParse(value);
      const said = setting.success ? setting.data : JSON.stringify(value);
      return [plainText(name), typeof said === 'string' ? plainText(said) : said];
    }),
  );

/** @throws ExperimentError `import-unreadable`, naming the field */
export const parseManifest = (value: unknown, name: string, timeZone: string | undefined): ManifestDocument => {
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw broken(name, `${where}${issue?.message ?? 'it has another form'}`);
  }
  const { data } = parsed;
  const instants = new InstantReader(timeZone);
  const read = (field: string, text: string | null | undefined): number | undefined => {
    if (text === undefined || text === null || text === '') return undefined;
    const atMs = instants.read(text);
    if (Number.isNaN(atMs)) throw broken(name, `${field}: ${quote(text)} is no time`);
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
      id: plainText(id),
      name: group.name ?? plainText(id),
      config: settingsOf(group.config ?? {}),
      ...said('addedMs', read(`groups.${id}.added`, group.added)),
    })),
  };
};
