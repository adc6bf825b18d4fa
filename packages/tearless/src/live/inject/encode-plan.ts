// What the injector is to do to one process, as the bytes it reads: native/README.md has the format. Pure. The injector checks all
// of it anew, and more.
import { createHash } from 'node:crypto';
import { LiveError } from '../live-error.ts';

/** Addresses are those of the running process. */
export type InjectorOperation =
  /** Whole pages. */
  | {
      readonly kind: 'map';
      readonly address: bigint;
      readonly sizeBytes: number;
      readonly protection: 'r' | 'rw' | 'rx';
    }
  /** Into what the plan maps, while the target runs. */
  | { readonly kind: 'fill'; readonly address: bigint; readonly bytes: Uint8Array }
  /** At the stop, if the target still holds `former` there. Both have the same length. */
  | { readonly kind: 'change'; readonly address: bigint; readonly former: Uint8Array; readonly next: Uint8Array }
  /** Must still be so at the stop. */
  | { readonly kind: 'expect'; readonly address: bigint; readonly bytes: Uint8Array }
  /** An `int (*)(void)`, called on the main thread at the stop; it returns 0 when all is well. */
  | {
      readonly kind: 'hook';
      readonly address: bigint /** What it does, for errors. */;
      readonly steps?: readonly string[];
    }
  /** Only in a rollback, and only where no thread is any more. */
  | { readonly kind: 'unmap'; readonly address: bigint; readonly sizeBytes: number };

export interface InjectorPlan {
  readonly kind: 'apply' | 'rollback';
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTicks: bigint;
  /** Hexadecimal, 8 to 32 bytes. */
  readonly buildId: string;
  /** In any order; hooks are called in theirs. */
  readonly operations: readonly InjectorOperation[];
}

const codes = { map: 1, fill: 2, expect: 3, change: 3, write: 4, hook: 5, unmap: 6 };
const protections = { r: 1, rw: 3, rx: 5 };
const headerBytes = 80;
const recordBytes = 24;
const highest = 0x7ffffffff000n;

/** @throws LiveError `live-plan-bad` for what cannot stand in a plan. */
export const encodePlan = (plan: InjectorPlan): Uint8Array => {
  if (!/^([0-9a-f]{2}){8,32}$/.test(plan.buildId)) throw bad(`build-id ${plan.buildId}`);
  if (!Number.isSafeInteger(plan.pid) || plan.pid < 2 || plan.pid > 2 ** 22) throw bad(`process ${plan.pid}`);
  if (plan.startTicks < 0n || plan.startTicks >= 2n ** 64n) throw bad(`start time ${plan.startTicks}`);
  const operations = [...plan.operations].sort(byPhaseAndPlace);
  const records = operations.flatMap(encodeOperation);
  const count = operations.length + operations.filter(({ kind }) => kind === 'change').length;
  const buildId = Buffer.from(plan.buildId, 'hex');
  const header = Buffer.alloc(headerBytes);
  header.write('tearless', 'latin1');
  header.writeUInt32LE(1, 8);
  header.writeUInt32LE(plan.kind === 'apply' ? 1 : 2, 12);
  const lengthBytes = headerBytes + records.reduce((all, { length }) => all + length, 0) + 32;
  header.writeBigUInt64LE(BigInt(lengthBytes), 16);
  header.writeUInt32LE(plan.pid, 24);
  header.writeUInt32LE(count, 28);
  header.writeBigUInt64LE(plan.startTicks, 32);
  header.writeUInt8(buildId.length, 40);
  header.set(buildId, 48);
  const content = Buffer.concat([header, ...records]);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
};

/** The plan that takes back what another did; what that mapped stays, for old frames may lie in it. Hooks are the caller's. */
export const reversePlan = (plan: InjectorPlan): InjectorPlan => ({
  ...plan,
  kind: plan.kind === 'apply' ? 'rollback' : 'apply',
  operations: plan.operations.flatMap((operation) =>
    operation.kind === 'change' ? [{ ...operation, former: operation.next, next: operation.former }] : [],
  ),
});

const byPhaseAndPlace = (a: InjectorOperation, b: InjectorOperation): number => {
  const phases = codes[a.kind] - codes[b.kind];
  if (phases !== 0 || a.kind === 'hook') return phases;
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
};

const encodeOperation = (operation: InjectorOperation): Uint8Array[] => {
  const { address, kind } = operation;
  if (address < 0x10000n || address >= highest) throw bad(`address ${address}`);
  switch (kind) {
    case 'map':
      return [encodeRecord(codes.map, address, operation.sizeBytes, protections[operation.protection])];
    case 'unmap':
      return [encodeRecord(codes.unmap, address, operation.sizeBytes)];
    case 'hook':
      return [encodeRecord(codes.hook, address, 0)];
    case 'fill':
    case 'expect':
      return encodeBytes(codes[kind], address, operation.bytes);
    case 'change':
      if (operation.former.length !== operation.next.length) throw bad(`a change of ${operation.former.length} bytes`);
      return [
        ...encodeBytes(codes.expect, address, operation.former),
        ...encodeBytes(codes.write, address, operation.next),
      ];
  }
};

const encodeBytes = (code: number, address: bigint, bytes: Uint8Array): Uint8Array[] => [
  encodeRecord(code, address, bytes.length),
  bytes,
  new Uint8Array(-bytes.length & 7),
];

const encodeRecord = (code: number, address: bigint, sizeBytes: number, protection = 0): Uint8Array => {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw bad(`a size of ${sizeBytes}`);
  const record = Buffer.alloc(recordBytes);
  record.writeUInt16LE(code, 0);
  record.writeUInt16LE(protection, 2);
  record.writeBigUInt64LE(address, 8);
  record.writeBigUInt64LE(BigInt(sizeBytes), 16);
  return record;
};

const bad = (what: string): LiveError =>
  new LiveError({ kind: 'bug', code: 'live-plan-bad', message: `${what} cannot stand in a plan for the injector` });
