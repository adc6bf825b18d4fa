// Processes of this machine by their number, with no fleet around them: looked at in /proc, and updated by the injector as root.
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { findBuildId } from '@tearless/elf/build-id.ts';
import type { Host } from '../../../host/host.ts';
import type { LiveDoor } from '../../../live/apply/live-door.ts';
import type { RunningProgram } from '../../../live/apply/running-program.ts';
import { runInjector } from '../../../live/inject/run-injector.ts';
import { LiveError } from '../../../live/live-error.ts';
import { parseMaps } from '../../../live/process/memory-map.ts';

/** Arguments: INJECTOR MODE OPTION…; the plan on standard input. */
const script = `set -eu
injector=$1 mode=$2
shift 2
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/plan"
"$injector" "$mode" "$folder" "$@"
`;

/** Looking for a moment at rest may take its time. */
const timeoutMs = 180_000;

const startField = 19;

const look = (pid: number): RunningProgram => {
  const folder = `/proc/${pid}`;
  try {
    const stat = readFileSync(`${folder}/stat`, 'latin1');
    const startTicks = BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[startField] ?? '');
    const buildId = findBuildId(readFileSync(`${folder}/exe`));
    if (buildId === undefined) throw new Error('its program has no build-id');
    return {
      target: { pid, startTicks, buildId },
      path: readlinkSync(`${folder}/exe`).replace(/ \(deleted\)$/, ''),
      mappings: parseMaps(readFileSync(`${folder}/maps`, 'utf8')),
      readCode: (address, lengthBytes) => readMemory(`${folder}/mem`, address, lengthBytes),
    };
  } catch (error) {
    throw new LiveError({
      kind: 'not-found',
      code: 'live-process-gone',
      message: `process ${pid} cannot be looked at: ${error instanceof Error ? error.message : String(error)}`,
      subject: String(pid),
      hint: 'name the process of a running tor, as root',
      cause: error,
    });
  }
};

const readMemory = (path: string, address: bigint, lengthBytes: number): Uint8Array => {
  const bytes = new Uint8Array(lengthBytes);
  const memory = openSync(path, 'r');
  try {
    const read = readSync(memory, bytes, 0, lengthBytes, address);
    if (read === lengthBytes) return bytes;
    throw new LiveError({
      kind: 'failed',
      code: 'live-memory-unread',
      message: `${path}: ${read} of ${lengthBytes} bytes at ${address.toString(16)} can be read`,
      subject: path,
      hint: 'the process may have ended meanwhile: start it again, and try once more',
    });
  } finally {
    closeSync(memory);
  }
};

/** @param host this machine. @param injector path of the program. */
export const openProcessDoor = (host: Host, injector: string, signal: AbortSignal): LiveDoor => ({
  look: async (pid) => look(pid),
  inject: (mode, plan, { maxPauseUs, findUs }) =>
    runInjector(
      {
        host: host.name,
        inject: (how, input, options) =>
          host.run(script, { args: [injector, how, ...options], input, timeoutMs, signal }),
      },
      { mode, plan, maxPauseUs, findUs },
    ),
});
