// For tests: processes of this machine, by its own /proc, and an injector that is run here as root.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
import { buffer, text } from 'node:stream/consumers';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { runInjector } from '../../inject/run-injector.ts';
import { parseMaps } from '../../process/memory-map.ts';
import type { LiveDoor } from '../live-door.ts';
import type { RunningProgram } from '../running-program.ts';

/**
 * @param injector the program that `injectorBuild` makes
 * @param faults for one that was made with injected errors: native/failure.c
 */
export const localDoor = (injector: string, faults = ''): LiveDoor => ({
  look: async (pid) => lookHere(pid),
  inject: (mode, plan, { maxPauseUs, findUs }) =>
    runInjector(
      { host: 'here', inject: (how, bytes, options) => runHere(injector, faults, [how, ...options], bytes) },
      { mode, plan, maxPauseUs, findUs },
    ),
});

/** While this process goes on: it may be what keeps the other one busy. */
const runHere = async (
  injector: string,
  faults: string,
  [mode = '', ...options]: readonly string[],
  plan: Uint8Array,
) => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-plan-'));
  try {
    chmodSync(folder, 0o700);
    writeFileSync(join(folder, 'plan'), plan, { mode: 0o600 });
    const child = spawn(injector, [mode, folder, ...options], {
      env: { TEARLESS_FAULTS: faults },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([buffer(child.stdout), text(child.stderr), once(child, 'close')]);
    return { exitCode: child.exitCode ?? -1, stdout, stderr };
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
