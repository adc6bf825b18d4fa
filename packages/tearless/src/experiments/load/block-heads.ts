// What stands beside a block's columns: which relays, arms, proofs and servers their numbers mean. Checked when it is read.
import { z } from 'zod';
import { parseJson } from './parse-json.ts';

/** A relay as a source names it; which relay of the experiment that is, is settled over all sources when they are loaded. */
export const RelayKey = z.object({
  /** `HOST/INSTANCE` for relays that Tearless collects. */
  id: z.string().optional(),
  nickname: z.string(),
  fingerprint: z.string().optional(),
});
export type RelayKey = z.infer<typeof RelayKey>;

const ServerRows = z.object({ server: z.string(), fromMs: z.number(), toMs: z.number(), rows: z.number() });

const Runs = {
  relays: z.array(RelayKey),
  /** How many rows each relay has, one relay behind the other. */
  counts: z.array(z.number().int().nonnegative()),
};

export const SampleHead = z.object({
  ...Runs,
  arms: z.array(z.string()),
  proofs: z.array(
    z.object({
      allocator: z.string(),
      path: z.string(),
      buildId: z.string().optional(),
      version: z.string().optional(),
    }),
  ),
  servers: z.array(ServerRows),
  /** Names of figures that the block has columns of. */
  figures: z.array(z.string()),
  /** Fine figures of traffic were taken out. */
  coarse: z.boolean().optional(),
});
export type SampleHead = z.infer<typeof SampleHead>;

export const TrafficHead = z.object(Runs);
export type TrafficHead = z.infer<typeof TrafficHead>;

/** The column `set` counts in `sets`. */
export const FlagHead = z.object({ ...Runs, sets: z.array(z.array(z.string())) });
export type FlagHead = z.infer<typeof FlagHead>;

/** The column `server` counts in `names`. */
export const AggregateHead = z.object({ names: z.array(z.string()), servers: z.array(ServerRows) });
export type AggregateHead = z.infer<typeof AggregateHead>;

/** Kinds of blocks. */
export const blockKinds = ['samples', 'traffic', 'flags', 'aggregates'] as const;

/** @throws ExperimentError `experiment-block-broken` */
export const parseHead = <T>(schema: z.ZodType<T>, text: string): T =>
  parseJson(schema, text, {
    code: 'experiment-block-broken',
    message: 'the store holds measurements that this program cannot read',
  });
