// What each release had in its structs, and in which order they came to lie: it goes from build to build.
import { z } from 'zod';
import { LiveError } from '../live-error.ts';

/** A member as one release had it. */
const LedgerMember = z.object({
  /** Several where one declaration has several; none of an anonymous struct or union. */
  names: z.array(z.string()).readonly(),
  declaration: z.string(),
  /** It is in the releases no more; its place is kept. */
  isGone: z.boolean(),
});
export type LedgerMember = z.infer<typeof LedgerMember>;

const LedgerStruct = z.object({
  /** In their order. */
  members: z.array(LedgerMember).readonly(),
  /** Those that lie in the room, in theirs. */
  added: z.array(LedgerMember).readonly(),
  /** Of its room, where others have more. */
  longs: z.int().min(1).exactOptional(),
});
export type LedgerStruct = z.infer<typeof LedgerStruct>;

/** By `HEADER struct NAME`. */
export const Ledger = z.record(z.string(), LedgerStruct);
export type Ledger = z.infer<typeof Ledger>;

/** @param path for errors. @throws LiveError `live-ledger-unreadable` */
export const parseLedger = (text: string, path: string): Ledger => {
  const refuse = (why: string): LiveError =>
    new LiveError({
      kind: 'config',
      code: 'live-ledger-unreadable',
      message: `${path}: ${why}`,
      subject: path,
      hint: 'build the former release again, or leave out --after: the next one then has other layouts',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const checked = Ledger.safeParse(value);
  if (!checked.success) throw refuse(z.prettifyError(checked.error));
  return checked.data;
};
