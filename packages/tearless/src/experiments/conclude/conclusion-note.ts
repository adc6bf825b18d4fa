// What is kept of an end in the store, as notes of the experiment: what was prepared, which runs did it, the baseline.
import { z } from 'zod';
import type { JsonValue } from '../../base/json.ts';
import type { Leaving } from './leaving.ts';

export const noteKind = 'conclusion';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const Action = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('timer'), unit: z.string(), isActive: z.boolean(), isEnabled: z.boolean() }),
  z.object({ kind: z.literal('unit-file'), sha256: Sha256, usedBy: z.array(z.string()) }),
  z.object({ kind: z.literal('drop-in'), after: z.string().nullable() }),
  z.object({ kind: z.literal('option'), name: z.string(), former: z.array(z.string()).exactOptional() }),
  z.object({
    kind: z.literal('package'),
    name: z.string(),
    version: z.string(),
    former: z.object({ version: z.string().nullable(), held: z.boolean() }),
  }),
  z.object({ kind: z.literal('cron'), sha256: Sha256 }),
]);

export const LeavingDocument: z.ZodType<Leaving> = z.object({
  id: z.string(),
  host: z.string(),
  relay: z.string().exactOptional(),
  path: z.string(),
  line: z.number().exactOptional(),
  text: z.string(),
  origin: z.enum(['experiment', 'earlier']),
  verdict: z.enum(['remove', 'ask', 'by-hand', 'leave']),
  evidence: z.array(z.string()),
  action: Action,
});

/** Everything that was made before the first change. */
export const Prepared = z.object({
  kind: z.literal('prepared'),
  atMs: z.number(),
  target: z.string().exactOptional(),
  /** Whether the hosts shall say daily what memory their relays take. */
  monitoring: z.boolean(),
  collection: z.object({
    hosts: z.array(z.object({ host: z.string(), atMs: z.number(), relays: z.number() })),
    gaps: z.array(z.string()),
  }),
  directory: z.string(),
  charts: z.array(z.string()),
  backups: z.array(z.string()),
  leavings: z.array(LeavingDocument),
  /** The configuration before it was edited; in the backup. */
  configSha256: Sha256,
});
export type Prepared = z.infer<typeof Prepared>;

export const Note = z.discriminatedUnion('kind', [
  Prepared,
  z.object({
    kind: z.literal('run'),
    run: z.string(),
    /** The configuration as this end wrote it: what is put back only where nobody changed it since. */
    configAfterSha256: Sha256,
  }),
  z.object({ kind: z.literal('baseline-due'), dueMs: z.number() }),
  z.object({ kind: z.literal('baseline'), atMs: z.number(), summary: z.array(z.string()) }),
]);
export type Note = z.infer<typeof Note>;

export interface ConclusionState {
  readonly prepared: Prepared | undefined;
  /** Since then, the oldest first. */
  readonly runs: readonly string[];
  readonly configAfterSha256: string | undefined;
  readonly dueMs: number | undefined;
  readonly baseline: { readonly atMs: number; readonly summary: readonly string[] } | undefined;
}

export const nothingNoted: ConclusionState = {
  prepared: undefined,
  runs: [],
  configAfterSha256: undefined,
  dueMs: undefined,
  baseline: undefined,
};

/** The last preparation and what followed it. Notes of another version are left out. */
export const foldNotes = (values: readonly JsonValue[]): ConclusionState => {
  let state: ConclusionState = nothingNoted;
  for (const value of values) {
    const parsed = Note.safeParse(value);
    if (!parsed.success) continue;
    const note = parsed.data;
    if (note.kind === 'prepared') state = { ...nothingNoted, prepared: note };
    else if (note.kind === 'run')
      state = { ...state, runs: [...state.runs, note.run], configAfterSha256: note.configAfterSha256 };
    else if (note.kind === 'baseline-due') state = { ...state, dueMs: note.dueMs };
    else state = { ...state, baseline: { atMs: note.atMs, summary: note.summary } };
  }
  return state;
};
