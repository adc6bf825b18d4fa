// The way of a balancer to a worker's descriptor: an ssh connection of its own for each, so that it neither waits for others nor
// holds them up, and is missed soon when it is dead.
import type { Duplex } from 'node:stream';
import { helperError } from '../helper/exit-status.ts';
import type { RenderedHelper } from '../helper/render-helper.ts';
import type { OnionTarget } from '../host.ts';
import { HostError, interruptedError, lastLines } from '../host-error.ts';
import { onionArguments } from '../onion-target.ts';
import { openPipe } from '../pipe.ts';
import { startProcess } from '../process.ts';
import { bootCommand, encodeHelperRequest, encodeProgram, sudoCommand } from '../request.ts';
import { checkDestination, describeDestination, renderDoorArguments, type SshDestination } from './destination.ts';
import { parseSshFailure } from './words.ts';

/** Opens control connections that show one onion service and nothing else. Every host is one too. */
export interface OnionDoor {
  readonly name: string;
  open(target: OnionTarget, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
}

/**
 * - `watcher`: a key that opens nothing else there (../enrol/watch.sh); what it asks for stands in the command line, which sudo
 *   compares there with what is allowed
 * - `login`: that of Tearless itself, with its helper
 */
export type DoorKey = { readonly kind: 'watcher' } | { readonly kind: 'login'; readonly helper: RenderedHelper };

/**
 * Nothing is connected yet. A connection that is dead is given up within ten seconds.
 * @throws HostError `ssh-destination-bad`
 */
export const createOnionDoor = (name: string, destination: SshDestination, key: DoorKey): OnionDoor => {
  checkDestination(destination);
  return {
    name,
    open: async (target, { signal } = {}) => {
      if (signal?.aborted) throw interruptedError(name, 'opening a stream', signal.reason);
      const words = onionArguments(name, target);
      const { command, request } = askFor(key, destination, words);
      const running = startProcess('ssh', renderDoorArguments(destination, command));
      const failure = async (exitCode: number | null, stderr: string): Promise<Error | undefined> =>
        exitCode === 0 ? undefined : explain(name, destination, key, words, running.failure(), exitCode, stderr);
      try {
        return await openPipe(running, { name, request, signal, failure });
      } catch (error) {
        throw signal?.aborted === true ? interruptedError(name, 'opening a stream', signal.reason) : error;
      }
    },
  };
};

/** The command line, and what goes to its standard input first. */
const askFor = (key: DoorKey, { user }: SshDestination, words: readonly string[]) => {
  if (key.kind === 'watcher') return { command: words, request: new Uint8Array() };
  const { version, text } = key.helper;
  const request = encodeHelperRequest({ version, verb: 'onion', args: words, input: '' });
  if (user !== 'root') return { command: [sudoCommand], request };
  return { command: [bootCommand], request: Buffer.concat([Buffer.from(encodeProgram(text)), request]) };
};

const explain = (
  name: string,
  destination: SshDestination,
  key: DoorKey,
  words: readonly string[],
  notStarted: Error | undefined,
  exitCode: number | null,
  stderr: string,
): HostError => {
  const lines = lastLines(stderr);
  if (notStarted !== undefined)
    return new HostError({
      kind: 'failed',
      code: 'ssh-client-missing',
      message: `ssh cannot be started on this machine: ${notStarted.message}`,
      hint: 'install the package openssh-client',
      place: 'local',
      cause: notStarted,
    });
  if (exitCode === 255 || exitCode === null) {
    const { message, ...what } = parseSshFailure(stderr);
    const at = describeDestination(destination);
    return new HostError({ ...what, message: `${name}: no connection to ${at}: ${message}`, subject: name, lines });
  }
  if (exitCode === 1 && key.kind === 'watcher')
    return new HostError({
      kind: 'denied',
      code: 'host-onion-refused',
      message: `${name}: it does not let us follow ${words[1]}.onion of tor@${words[0]}: ${lines.at(-1) ?? 'no reason given'}`,
      hint: 'let it: `tearless balance helper enrol`',
      subject: name,
      lines,
    });
  return helperError({ host: name, what: `onion ${words[0]}`, exitCode, stdout: new Uint8Array(), stderr });
};
