// What the small files of an experiment say, as it lies in the store beside their sources: one kind of document a kind of file.
import { z } from 'zod';
import { parseJson } from './parse-json.ts';

const Setting = z.union([z.string(), z.number(), z.boolean()]);

const Arm = z.object({
  id: z.string(),
  name: z.string(),
  config: z.record(z.string(), Setting),
  addedMs: z.number().optional(),
});

/** How many times of a file were written with a zone and how many without. */
const Times = z.object({ naive: z.number(), zoned: z.number() });

export const ManifestDocument = z.object({
  kind: z.literal('manifest'),
  id: z.string().optional(),
  title: z.string().optional(),
  hypothesis: z.string().optional(),
  description: z.string().optional(),
  torVersion: z.string().optional(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  control: z.string().optional(),
  arms: z.array(Arm),
});
export type ManifestDocument = z.infer<typeof ManifestDocument>;

export const RelayConfigDocument = z.object({
  kind: z.literal('relay-config'),
  relays: z.array(
    z.object({
      nickname: z.string(),
      fingerprint: z.string().optional(),
      arm: z.string().optional(),
      settings: z.record(z.string(), z.string()),
    }),
  ),
});
export type RelayConfigDocument = z.infer<typeof RelayConfigDocument>;

export const GroupListDocument = z.object({
  kind: z.literal('group-list'),
  arm: z.string(),
  /** The file's name says what it is; else its lines decide, once it is known which relays there are. */
  explicit: z.boolean(),
  relays: z.array(z.string()),
});
export type GroupListDocument = z.infer<typeof GroupListDocument>;

export const EventsDocument = z.object({
  kind: z.literal('events'),
  events: z.array(
    z.object({
      atMs: z.number(),
      kind: z.string(),
      text: z.string(),
      relays: z.array(z.string()),
      zoned: z.boolean(),
    }),
  ),
});
export type EventsDocument = z.infer<typeof EventsDocument>;

/** A file or host whose rows lie in blocks. */
export const TableDocument = z.object({ kind: z.enum(['memory', 'traffic', 'collection']), times: Times });
export type TableDocument = z.infer<typeof TableDocument>;

export const SourceDocument = z.discriminatedUnion('kind', [
  ManifestDocument,
  RelayConfigDocument,
  GroupListDocument,
  EventsDocument,
  TableDocument,
]);
export type SourceDocument = z.infer<typeof SourceDocument>;

const Info = z.object({
  id: z.string(),
  title: z.string(),
  hypothesis: z.string().optional(),
  description: z.string().optional(),
  torVersion: z.string().optional(),
  template: z.string().optional(),
  arms: z.array(Arm),
  control: z.string().optional(),
  assignment: z.object({ method: z.enum(['random', 'unknown']), seed: z.string().optional() }),
  beganMs: z.number().optional(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  sampleEveryMs: z.number().optional(),
  timeZone: z.enum(['utc', 'naive']),
});

/** What stands in the store for an experiment itself. */
export const DeclaredExperiment = z.object({
  /** Declared as a whole, by `experiment start`; imports leave it out. */
  info: Info.optional(),
  /** Said on the command line of an import. */
  control: z.string().optional(),
  timeZone: z.string().optional(),
});
export type DeclaredExperiment = z.infer<typeof DeclaredExperiment>;

export const DeclaredRelay = z.object({
  id: z.string(),
  nickname: z.string(),
  fingerprint: z.string().optional(),
  arm: z.string().optional(),
  block: z.string().optional(),
});

/** @throws ExperimentError `experiment-unreadable` */
export const parseStored = <T>(schema: z.ZodType<T>, text: string, what: string): T =>
  parseJson(schema, text, { code: 'experiment-unreadable', message: `${what} cannot be read from the store` });
