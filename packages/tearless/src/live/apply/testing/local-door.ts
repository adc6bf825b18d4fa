// For tests: processes of this machine, by its own /proc, and an injector that is run here as root.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { runInjector } from '../../inject/run-injector.ts';
import { parseMaps } from '../../process/memory-map.ts';
import type { LiveDoor } from '../live-door.ts';
import type { RunningProgram } from '../running-program.ts';

/** @param injector the program that `injectorBuild` makes */
export const localDoor = (injector: string): LiveDoor => ({
  look: async (pid) => lookHere(pid),
  inject: (mode, plan, { maxPauseUs, findUs }) =>
    runInjector(
      { host: 'here', inject: async (how, bytes, options) => runHere(injector, how, bytes, options) },
      { mode, plan, maxPauseUs, findUs },
    ),
});

const runHere = (injector: string, mode: string, plan: Uint8Array, options: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-plan-'));
  try {
    chmodSync(folder, 0o700);
    writeFileSync(join(folder, 'plan'), plan, { mode: 0o600 });
    const { status, stdout, stderr } = spawnSync(injector, [mode, folder, ...options]);
    return { exitCode: status ?? -1, stdout, stderr: stderr.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const lookHere = (pid: number): RunningProgram => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const startTicks = BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
  const buildId = findBuildId(readFileSync(`/proc/${pid}/exe`));
  if (buildId === undefined) throw new Error(`process ${pid} runs a program without a build-id`);
  const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  return {
    target: { pid, startTicks, buildId },
    path,
    mappings: parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8')),
    readCode: (address, lengthBytes) => {
      const bytes = new Uint8Array(lengthBytes);
      const memory = openSync(`/proc/${pid}/mem`, 'r');
      try {
        readSync(memory, bytes, 0, lengthBytes, address);
      } finally {
        closeSync(memory);
      }
      return bytes;
    },
  };
};
