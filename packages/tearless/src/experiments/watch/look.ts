// One look at a running experiment, as it is kept: what it may use of the error, what it saw, what it advises. Values only.
import { z } from 'zod';

/** What a look says of one arm against control. */
export const WatchedArm = z.object({
  id: z.string(),
  name: z.string(),
  relays: z.number(),
  meanBytes: z.number().nullable(),
  /** Arm divided by control; null where there is no figure, or none may be given. */
  ratio: z.number().nullable(),
  /** The repeated confidence interval of the ratio: all looks together cover with 95 %. Null: too early, or too few relays. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** The interval leaves out 1. */
  toldApart: z.boolean(),
  guardrails: z.array(z.object({ name: z.string(), broken: z.boolean(), adjustedP: z.number(), message: z.string() })),
  /** Why something is missing. */
  limitation: z.string().nullable(),
});
export type WatchedArm = z.infer<typeof WatchedArm>;

/** What a look says of one arm in one outcome of the template. */
export const WatchedOutcome = z.object({
  id: z.string(),
  title: z.string(),
  unit: z.enum(['hours', 'bytes', 'connections']),
  arms: z.array(
    z.object({
      arm: z.string(),
      relays: z.number(),
      mean: z.number().nullable(),
      /** Arm less control, with the repeated confidence interval: all looks together cover with 95 %. */
      difference: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /** The interval leaves out 0. */
      toldApart: z.boolean(),
      limitation: z.string().nullable(),
    }),
  ),
});
export type WatchedOutcome = z.infer<typeof WatchedOutcome>;

export const advices = ['continue', 'may-conclude', 'stop-for-harm'] as const;

export const Look = z.object({
  /** The newest sample that it saw. */
  dataMs: z.number(),
  /** Share of the planned time that had passed then. */
  fraction: z.number(),
  /** Two-sided, of the test of each arm at this look. */
  nominalAlpha: z.number(),
  /** Used up of the 5 % by this look and those before it, all arms together. */
  spentAlpha: z.number(),
  /** What each arm's guardrails are judged at, at this look. */
  guardrailAlpha: z.number(),
  windowFromMs: z.number(),
  control: z.object({ id: z.string(), relays: z.number(), meanBytes: z.number().nullable() }),
  arms: z.array(WatchedArm),
  /** Of the template that the experiment was designed by. */
  outcomes: z.array(WatchedOutcome).default([]),
  advice: z.enum(advices),
  /** For people; the first is the advice. */
  sentences: z.array(z.string()),
});
export type Look = z.infer<typeof Look>;

/** The kind of note that a look is kept as. */
export const lookNote = 'look';
