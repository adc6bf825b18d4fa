// Holds a process at the stop of an update until so many bytes wait in sockets of it, which it cannot read meanwhile: a hook of the update
// counts them. Who asks is told when the process is there.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { LiveDoor } from 'tearless/live/apply/live-door.ts';
import type { InjectorOperation } from 'tearless/live/inject/encode-plan.ts';

/** Where neither programs nor libraries lie. */
const free = 0x1000_0000_0000n;
const page = 4096;
const dword = 4;

const littleEndian = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));

/** @param at begins with a word that says that it runs, then has one for each socket: the bytes that wait there */
const waitingHook = (at: bigint, fds: readonly number[], bytes: number): Uint8Array => {
  // mov rax, at; mov dword [rax], 1
  const begins = [0x48, 0xb8, ...littleEndian(at, 8), 0xc7, 0x00, ...littleEndian(1n, 4)];
  const waits = fds.flatMap((fd, index) => {
    const noted = at + BigInt((index + 1) * dword);
    const loop = [
      ...[0xb8, ...littleEndian(24n, 4), 0x0f, 0x05], // sched_yield()
      ...[0xb8, ...littleEndian(16n, 4)], // ioctl(
      ...[0xbf, ...littleEndian(BigInt(fd), 4)], // fd,
      ...[0xbe, ...littleEndian(0x541bn, 4)], // FIONREAD,
      ...[0x48, 0xba, ...littleEndian(noted, 8), 0x0f, 0x05], // rdx = noted)
      ...[0x81, 0x3a, ...littleEndian(BigInt(bytes), 4)], // cmp dword [rdx], bytes
    ];
    return [...loop, 0x72, 256 - loop.length - 2]; // jb, to the begin
  });
  // xor eax, eax; ret
  return Uint8Array.from([...begins, ...waits, 0x31, 0xc0, 0xc3]);
};

/** The words there; none while nothing is mapped. */
const readWords = (pid: number, at: bigint, count: number): number[] => {
  const bytes = Buffer.alloc(count * dword);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    readSync(memory, bytes, 0, bytes.length, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return [];
    throw error;
  } finally {
    closeSync(memory);
  }
  return Array.from({ length: count }, (_, index) => bytes.readUInt32LE(index * dword));
};

export interface HoldOptions {
  readonly pid: number;
  /** Sockets of that process. */
  readonly fds: readonly number[];
  /** That must wait in each. */
  readonly bytes: number;
  /** Called while the process is held: nothing is read until the update is through. */
  readonly atStop: () => void;
}

/** @returns a door whose updates are held so, and what waited at the stop of each that was carried out */
export const holdAtStop = (door: LiveDoor, { pid, fds, bytes, atStop }: HoldOptions) => {
  let turn = 0;
  const waiting: number[][] = [];
  const inject: LiveDoor['inject'] = async (mode, plan, options) => {
    const code = free + BigInt(2 * turn++ * page);
    const noted = code + BigInt(page);
    const hook: readonly InjectorOperation[] = [
      { kind: 'map', address: code, sizeBytes: page, protection: 'rx' },
      { kind: 'map', address: noted, sizeBytes: page, protection: 'rw' },
      { kind: 'fill', address: code, bytes: waitingHook(noted, fds, bytes) },
      { kind: 'hook', address: code },
    ];
    const held = { ...plan, operations: [...plan.operations, ...hook] };
    let isOver = false;
    const injected = door.inject(mode, held, options).finally(() => {
      isOver = true;
    });
    const words = () => readWords(pid, noted, fds.length + 1);
    while (!isOver && words()[0] !== 1) await setTimeout(1);
    if (!isOver) atStop();
    const report = await injected;
    waiting.push(words().slice(1));
    return report;
  };
  return { door: { ...door, inject }, waiting };
};

/** Descriptors of a process's connections to its unix socket at this path. unix(7), proc_net(5) */
export const listConnections = (pid: number, path: string): number[] => {
  const connected = '03';
  const sockets = readFileSync(`/proc/${pid}/net/unix`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[5] === connected && fields[7] === path)
    .map((fields) => `socket:[${fields[6]}]`);
  const leadsTo = (fd: string): string => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed in the meantime
    }
  };
  return readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => sockets.includes(leadsTo(fd)))
    .map(Number);
};
