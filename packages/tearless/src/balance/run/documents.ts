// What the balancer keeps over a restart, as JSON in the store, and as values.
import { z } from 'zod';
import { BalanceError } from '../balance-error.ts';
import type { Layout } from '../model/layout.ts';

const Point = z.object({ worker: z.string(), index: z.number().int().nonnegative(), key: z.string() });

/** The round of one period. */
export const RoundDocument = z.object({
  periodNumber: z.number().int(),
  periodEndMs: z.number(),
  /** Clients look for this one. */
  isFetched: z.boolean(),
  /** The blinded key in base64. */
  descriptorId: z.string(),
  revisionCounter: z.string().regex(/^\d+$/),
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
      state: z.enum(['verified', 'uploaded', 'failed']),
      reason: z.string().nullable(),
      attempts: z.number().int(),
      /** Fingerprint of the directory whose points these are; clients do not read this one. */
      copyOf: z.string().nullable(),
      points: z.array(Point),
    }),
  ),
});
export type RoundDocument = z.infer<typeof RoundDocument>;

/** What is remembered of a worker's health: health/memory.ts. */
const Health = z.object({
  state: z.enum(['in', 'held', 'out', 'draining']),
  why: z.string(),
  sinceMs: z.number(),
  isDraining: z.boolean(),
  helper: z.object({ isUp: z.boolean(), why: z.string().nullable(), lostMs: z.number().nullable() }).nullable(),
  descriptorUntilMs: z.number().nullable(),
  failures: z.record(z.string(), z.object({ inARow: z.number().int(), why: z.string().nullable() })),
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
  /** Its last good descriptor. */
  descriptor: z
    .object({
      text: z.string(),
      periodNumber: z.number().int(),
      lengthMinutes: z.number().int(),
      learntAtMs: z.number(),
    })
    .nullable(),
});
export type WorkerDocument = z.infer<typeof WorkerDocument>;

export const FrontendDocument = z.object({
  policy: z.enum(['distinct', 'blend-in', 'single']),
  state: z.string(),
  sinceMs: z.number(),
  why: z.string().nullable(),
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
