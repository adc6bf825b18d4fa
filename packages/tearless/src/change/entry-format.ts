// Journal entries as text: the JSON of an event in the store, one line an entry on a host. Read back with every field checked.
import { z } from 'zod';
import { Holder } from '../store/holder.ts';
import { ChangeError } from './change-error.ts';
import type { JournalEvent } from './event.ts';
import type { JournalEntry } from './fold.ts';
import type { Plan } from './plan.ts';
import { PlanDocument } from './plan-file.ts';

const JsonObject = z.record(z.string(), z.json());
const item = z.string();
const step = z.string();
const gate = z.string();
const direction = z.enum(['apply', 'undo']);
const outcome = z.enum(['done', 'undone', 'failed-undone', 'failed', 'interrupted']);

const Failure = z.object({
  kind: z.enum([
    'usage',
    'config',
    'refused',
    'locked',
    'unreachable',
    'denied',
    'partial',
    'findings',
    'not-found',
    'failed',
    'timeout',
    'protocol',
    'interrupted',
    'bug',
  ]),
  code: z.string(),
  message: z.string(),
  hint: z.string().exactOptional(),
  causes: z.array(z.string()),
  lines: z.array(z.string()).exactOptional(),
});

const Event: z.ZodType<JournalEvent> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run.started'), fleet: z.string(), digest: z.string(), by: Holder }),
  z.object({ kind: z.literal('run.resumed'), direction, by: Holder }),
  z.object({ kind: z.literal('batch.started'), batch: z.number(), items: z.array(item) }),
  z.object({ kind: z.literal('batch.done'), batch: z.number() }),
  z.object({ kind: z.literal('run.stopped'), batch: z.number(), failure: Failure }),
  z.object({ kind: z.literal('undo.started'), batch: z.number().exactOptional() }),
  z.object({ kind: z.literal('run.finished'), outcome }),
  z.object({ kind: z.literal('journal.dropped'), host: z.string(), ids: z.array(z.string()) }),
  z.object({ kind: z.literal('item.started'), item }),
  z.object({ kind: z.literal('item.prepared'), item, memories: JsonObject }),
  z.object({ kind: z.literal('step.skipped'), item, step }),
  z.object({ kind: z.literal('step.intended'), item, step, memory: z.json().exactOptional() }),
  z.object({ kind: z.literal('step.done'), item, step }),
  z.object({ kind: z.literal('step.verified'), item, step, evidence: JsonObject }),
  z.object({ kind: z.literal('step.failed'), item, step, failure: Failure }),
  z.object({ kind: z.literal('gate.passed'), item, gate, direction, message: z.string(), evidence: JsonObject }),
  z.object({ kind: z.literal('gate.failed'), item, gate, direction, failure: Failure, evidence: JsonObject }),
  z.object({ kind: z.literal('item.done'), item, changed: z.boolean() }),
  z.object({ kind: z.literal('item.failed'), item, failure: Failure, unknown: z.boolean() }),
  z.object({ kind: z.literal('item.undo-started'), item }),
  z.object({ kind: z.literal('undo.step-intended'), item, step }),
  z.object({ kind: z.literal('undo.step-done'), item, step }),
  z.object({ kind: z.literal('item.undone'), item }),
  z.object({ kind: z.literal('item.undo-failed'), item, failure: Failure }),
]);

const damaged = (where: string, why: string): ChangeError =>
  new ChangeError({
    kind: 'protocol',
    code: 'change-journal-damaged',
    message: `${where} is not a journal entry of this version: ${why}`,
    hint: 'use the version of Tearless that wrote the journal',
    subject: where,
  });

const check = <T>(schema: z.ZodType<T>, value: unknown, where: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(where, `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'does not fit'}`);
};

/** @throws ChangeError `change-journal-damaged` */
export const parseEvent = (text: string, where: string): JournalEvent => check(Event, parseJson(text, where), where);

const parseJson = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(where, error instanceof Error ? error.message : String(error));
  }
};

/**
 * What a host is told of the plan before its first effect: its own items whole, of the others only name and host, so that
 * the parts of all hosts make the plan again.
 */
export interface PlanPart {
  readonly plan: Plan;
  /** Every item of the whole plan, in its order, and where it lies. */
  readonly outline: readonly { readonly id: string; readonly host: string }[];
}

const Part: z.ZodType<PlanPart> = z.object({
  plan: PlanDocument,
  outline: z.array(z.object({ id: z.string(), host: z.string() })),
});

/** @throws ChangeError `change-journal-damaged` */
export const parsePart = (text: string, where: string): PlanPart => check(Part, parseJson(text, where), where);

const HostLine = z.union([z.object({ id: z.string(), atMs: z.number(), event: Event }), z.object({ part: Part })]);

export const renderEntryLine = (entry: JournalEntry): string =>
  `${JSON.stringify({ id: entry.id, atMs: entry.atMs, event: entry.event })}\n`;

export const renderPartLine = (part: PlanPart): string => `${JSON.stringify({ part })}\n`;

export interface HostJournal {
  readonly parts: readonly PlanPart[];
  /** In file order, each id once. */
  readonly entries: readonly JournalEntry[];
  /** Numbers (from 1) of lines that were cut off while being written: their append was never acknowledged. */
  readonly tornLines: readonly number[];
}

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
};

/**
 * Reads a host's journal of one run. A line that is no JSON is a torn write; one that is, but says nothing we know, is an error.
 * @throws ChangeError `change-journal-damaged`
 */
export const parseHostJournal = (text: string, host: string): HostJournal => {
  const parts: PlanPart[] = [];
  const entries = new Map<string, JournalEntry>();
  const tornLines: number[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    if (!isJson(line)) {
      tornLines.push(at + 1);
      continue;
    }
    const value = check(HostLine, JSON.parse(line), `${host}: journal line ${at + 1}`);
    if ('part' in value) parts.push(value.part);
    else if (!entries.has(value.id)) entries.set(value.id, value);
  }
  return { parts, entries: [...entries.values()], tornLines };
};
