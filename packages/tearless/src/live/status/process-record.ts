// What a process went through, as its host keeps it (verbs live-record-show and live-record-put): each update with all that is
// needed to go on from it or back, by whoever comes next. It ends with the process. No memory of the process stands in it but code,
// and values that variables begin with.
import { z } from 'zod';
import type { Host } from '../../host/host.ts';
import type { InjectorOperation, InjectorPlan } from '../inject/encode-plan.ts';
import { callSigned, type SigningKey } from '../keys/call-signed.ts';
import { namespaces } from '../keys/namespaces.ts';
import { LiveError } from '../live-error.ts';

const Hex = z.string().regex(/^([0-9a-f]{2})*$/);
const Address = z.string().regex(/^[0-9a-f]{1,16}$/);
const BuildId = z.string().regex(/^[0-9a-f]{16,64}$/);

/** A change as the update made it, what had to be so, or a hook. */
const Operation = z.union([
  z.object({ at: Address, was: Hex, is: Hex }),
  z.object({ at: Address, is: Hex }),
  z.object({ hook: Address, when: z.enum(['up', 'down']) }),
]);

export const UpdateRecord = z.object({
  /**
   * - `pending`: whether it took place has to be looked at
   * - `done`: it is what runs, with those before it
   * - `undone`: taken back; its memory stays mapped
   */
  state: z.enum(['pending', 'done', 'undone']),
  from: BuildId,
  to: BuildId,
  /** Of the two builds, as tor says it. */
  versions: z.tuple([z.string(), z.string()]),
  at: z.string(),
  run: z.string(),
  pauseUs: z.int().nonnegative().nullable(),
  /** How often it was tried again rather than take longer; earlier versions did not keep that. */
  retries: z.int().nonnegative().optional(),
  /** The same of its latest way back. */
  back: z.object({ pauseUs: z.int().nonnegative(), retries: z.int().nonnegative() }).optional(),
  regions: z.array(z.object({ address: Address, sizeBytes: z.int().positive(), protection: z.string() })),
  operations: z.array(Operation),
  /** What is otherwise than before, by key: `Generation`. */
  addresses: z.record(z.string(), Address),
  initial: z.record(z.string(), Hex),
});
export type UpdateRecord = z.infer<typeof UpdateRecord>;

export const ProcessRecord = z.object({
  schema: z.literal('tearless.live-process/v1'),
  pid: z.int().positive(),
  startTicks: z.string().regex(/^\d+$/),
  /** The build that the process was started from. */
  program: BuildId,
  /** In the order in which they were made. */
  updates: z.array(UpdateRecord),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

export interface ProcessName {
  readonly pid: number;
  readonly startTicks: bigint;
}

const nameOf = ({ pid, startTicks }: ProcessName): string[] => [String(pid), String(startTicks)];

/** Undefined for a process that was never updated. @throws LiveError `live-record-unreadable` */
export const readProcessRecord = async (host: Host, process: ProcessName): Promise<ProcessRecord | undefined> => {
  const { stdout } = await host.call('live-record-show', { args: nameOf(process) });
  const text = new TextDecoder().decode(stdout);
  if (text.trim() === '') return undefined;
  const unreadable = (why: string): LiveError =>
    new LiveError({
      kind: 'protocol',
      code: 'live-record-unreadable',
      message: `${host.name}: what it keeps of process ${process.pid} cannot be read: ${why}`,
      place: 'host',
      subject: host.name,
      hint: 'use the version of Tearless that updated the process, or restart it',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
  const checked = ProcessRecord.safeParse(value);
  if (!checked.success) throw unreadable(z.prettifyError(checked.error));
  return checked.data;
};

/** Signed: plans are made of what stands there, so nobody else may write it. */
export const writeProcessRecord = async (host: Host, record: ProcessRecord, by: SigningKey): Promise<void> => {
  const args = nameOf({ pid: record.pid, startTicks: BigInt(record.startTicks) });
  const content = Buffer.from(JSON.stringify(record));
  await callSigned({ host }, by, { namespace: namespaces.plan, verb: 'live-record-put', args, content });
};

/** The updates that the process runs with. */
export const doneUpdates = ({ updates }: ProcessRecord): UpdateRecord[] =>
  updates.filter(({ state }) => state === 'done');

/** Nobody knows whether one of its updates took place: who was at it was cut off. */
export const isPending = (record: ProcessRecord | undefined): boolean =>
  record?.updates.some(({ state }) => state === 'pending') === true;

/** The build whose code a process runs, given the one that it was started from. */
export const runningBuildOf = (program: string, record: ProcessRecord | undefined): string =>
  (record === undefined ? undefined : doneUpdates(record).at(-1)?.to) ?? program;

/** Build-ids of those that a process ran before the one that it runs, each once; that which it was started from is the first. */
export const earlierBuildsOf = (program: string, record: ProcessRecord | undefined): string[] => {
  const row = [program, ...(record === undefined ? [] : doneUpdates(record).map(({ to }) => to))];
  return [...new Set(row.slice(0, -1))];
};

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const addressOf = (hex: string): bigint => BigInt(`0x${hex}`);

/** @param plan applies it @param reverse takes it back */
export const recordOperations = (plan: InjectorPlan, reverse: InjectorPlan): UpdateRecord['operations'] => {
  const hooks = (operations: readonly InjectorOperation[], when: 'up' | 'down') =>
    operations.flatMap((one) => (one.kind === 'hook' ? [{ hook: one.address.toString(16), when }] : []));
  return [
    ...plan.operations.flatMap((one): UpdateRecord['operations'] => {
      const at = one.address.toString(16);
      if (one.kind === 'change') return [{ at, was: toHex(one.former), is: toHex(one.next) }];
      return one.kind === 'expect' ? [{ at, is: toHex(one.bytes) }] : [];
    }),
    ...hooks(plan.operations, 'up'),
    ...hooks(reverse.operations, 'down'),
  ];
};

/** What an update has written, and where. */
export const writtenBy = ({ operations }: UpdateRecord): { readonly address: bigint; readonly bytes: Uint8Array }[] =>
  operations.flatMap((one) => ('was' in one ? [{ address: addressOf(one.at), bytes: fromHex(one.is) }] : []));

/**
 * The plan that takes an update back, or up once more: its memory is still there. What had to be so the first time has to be so once
 * more: the former code may have written to a table that the update leaves behind.
 * @param hooked whether its hooks are called
 */
export const planFromRecord = (
  target: Pick<InjectorPlan, 'pid' | 'startTicks' | 'buildId'>,
  { operations }: UpdateRecord,
  kind: 'apply' | 'rollback',
  hooked = true,
): InjectorPlan => {
  const isBack = kind === 'rollback';
  return {
    ...target,
    kind,
    operations: operations.flatMap((one): InjectorOperation[] => {
      if ('hook' in one)
        return hooked && one.when === (isBack ? 'down' : 'up') ? [{ kind: 'hook', address: addressOf(one.hook) }] : [];
      const address = addressOf(one.at);
      if (!('was' in one)) return isBack ? [] : [{ kind: 'expect', address, bytes: fromHex(one.is) }];
      const [was, is] = [fromHex(one.was), fromHex(one.is)];
      return [{ kind: 'change', address, former: isBack ? is : was, next: isBack ? was : is }];
    }),
  };
};
