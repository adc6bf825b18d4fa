// What the balancer keeps over a restart, as JSON in the store, and as values.
import { z } from 'zod';
import { BalanceError } from '../balance-error.ts';
import type { Layout } from '../model/layout.ts';

const Digits = z.string().regex(/^\d+$/);
const Point = z.object({ worker: z.string(), index: z.number().int().nonnegative(), key: z.string() });

/** The round of one period. */
export const RoundDocument = z.object({
  periodNumber: z.number().int(),
  periodEndMs: z.number(),
  /** Clients look for this one. */
  isFetched: z.boolean(),
  /** The blinded key in base64. */
  descriptorId: z.string(),
  revisionCounter: Digits,
  why: z.string(),
  /** Of all that is published, but for what is new each time: equal ones need no new round. */
  digest: z.string(),
  policy: z.enum(['distinct', 'blend-in', 'single']),
  rotation: z.number().int(),
  publishedMs: z.number(),
  /** When a round is due that nothing but time asks for. */
  nextMs: z.number(),
  directories: z.array(
    z.object({
      fingerprint: z.string(),
      nickname: z.string(),
      replica: z.number().int(),
      isFetched: z.boolean(),
      /** `unsent`: of the round nothing is known there yet; it goes on, or the balancer was killed in the middle of it. */
      state: z.enum(['verified', 'uploaded', 'failed', 'unsent']),
      reason: z.string().nullable(),
      attempts: z.number().int(),
      /** Fingerprint of the directory whose points these are; clients do not read this one. */
      copyOf: z.string().nullable(),
      points: z.array(Point),
    }),
  ),
  /** Workers that stood in any round of the period since clients read it: they may still hold a descriptor that leads there. */
  named: z.array(z.string()).default([]),
  /** Introduction points that can stand in no descriptor, and why. */
  setAside: z.array(z.object({ worker: z.string(), key: z.string(), why: z.string() })).default([]),
});
export type RoundDocument = z.infer<typeof RoundDocument>;

/** It does not have the round, as far as is known. */
export const isMissed = ({ state }: Pick<RoundDocument['directories'][number], 'state'>): boolean =>
  state === 'failed' || state === 'unsent';

/** What is remembered of a worker's health: health/memory.ts. */
const Health = z.object({
  state: z.enum(['in', 'held', 'out', 'draining']),
  why: z.string(),
  sinceMs: z.number(),
  isDraining: z.boolean(),
  helper: z.object({ isUp: z.boolean(), why: z.string().nullable(), lostMs: z.number().nullable() }).nullable(),
  descriptorUntilMs: z.number().nullable(),
  failures: z.record(z.string(), z.object({ inARow: z.number().int(), why: z.string().nullable() })),
  answeredMs: z.number().nullable().default(null),
  removedBy: z.string().nullable(),
  doubtedPath: z.string().nullable(),
  timesOut: z.number().int(),
  lastOutMs: z.number().nullable(),
  heldUntilMs: z.number().nullable(),
});

export const WorkerDocument = z.object({
  address: z.string(),
  weight: z.number().positive(),
  health: Health,
  /** Why the last look found no good descriptor; empty when it did. */
  problems: z.array(z.string()),
  /** What its last good descriptor said, in short: learn/learnt.ts. */
  descriptor: z
    .object({
      /** In base64. */
      points: z.base64(),
      flowControl: z.object({ versions: z.string(), sendmeIncrement: z.number().int() }).nullable(),
      isSingleOnionService: z.boolean(),
      periodNumber: z.number().int(),
      lengthMinutes: z.number().int(),
      revisionCounter: Digits,
      learntAtMs: z.number(),
      validUntilMs: z.number(),
    })
    .nullable()
    // An older form is learnt anew.
    .catch(null),
  /** Who gave it. */
  source: z.enum(['helper', 'directory']).nullable().default(null),
  /** The highest counter of each of the last periods: older ones are replayed. */
  counters: z.array(z.object({ period: z.number().int(), counter: Digits })).default([]),
  /** What came and was not taken, by code of the error. */
  refused: z.record(z.string(), z.number().int()).default({}),
});
export type WorkerDocument = z.infer<typeof WorkerDocument>;

export const FrontendDocument = z.object({
  policy: z.enum(['distinct', 'blend-in', 'single']),
  state: z.string(),
  sinceMs: z.number(),
  why: z.string().nullable(),
  /** When keys that were made ahead end; null: its own key is at hand. */
  keysUntilMs: z.number().nullable().default(null),
});
export type FrontendDocument = z.infer<typeof FrontendDocument>;

/** @throws BalanceError `balance-state` for what this program did not write */
export const readDocument = <T>(schema: z.ZodType<T>, json: string, what: string): T => {
  const checked = schema.safeParse(JSON.parse(json));
  if (checked.success) return checked.data;
  throw new BalanceError({
    kind: 'failed',
    code: 'balance-state',
    message: `what the store has of ${what} cannot be read: ${z.prettifyError(checked.error)}`,
    hint: 'use the version of Tearless that wrote it',
    subject: what,
  });
};

export const layoutOf = ({ policy, rotation, directories }: RoundDocument): Layout => ({
  policy,
  round: rotation,
  chosen: new Map(directories.map(({ fingerprint, points }) => [fingerprint, points])),
  copies: new Map(directories.flatMap(({ fingerprint, copyOf }) => (copyOf === null ? [] : [[fingerprint, copyOf]]))),
});
