// The way of a balancer to a worker's descriptor: a connection of its own with a key that opens nothing else there (see
// ../enrol/watch.sh). What it asks for stands in the command line, which sudo compares there with what is allowed.
import type { Duplex } from 'node:stream';
import { helperError } from '../helper/exit-status.ts';
import type { OnionTarget } from '../host.ts';
import { HostError, interruptedError, lastLines } from '../host-error.ts';
import { onionArguments } from '../onion-target.ts';
import { openPipe } from '../pipe.ts';
import { startProcess } from '../process.ts';
import { checkDestination, describeDestination, renderDoorArguments, type SshDestination } from './destination.ts';
import { parseSshFailure } from './words.ts';

/** Opens control connections that show one onion service and nothing else. Every host is one too. */
export interface OnionDoor {
  readonly name: string;
  open(target: OnionTarget, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
}

/**
 * Nothing is connected yet; each opening is an ssh connection of its own, noticed within ten seconds when it is dead.
 * @throws HostError `ssh-destination-bad`
 */
export const createOnionDoor = (name: string, destination: SshDestination): OnionDoor => {
  checkDestination(destination);
  return {
    name,
    open: async (target, { signal } = {}) => {
      if (signal?.aborted) throw interruptedError(name, 'opening a stream', signal.reason);
      const words = onionArguments(name, target);
      const running = startProcess('ssh', renderDoorArguments(destination, words));
      const failure = async (exitCode: number | null, stderr: string): Promise<Error | undefined> =>
        exitCode === 0 ? undefined : explain(name, destination, words, running.failure(), exitCode, stderr);
      try {
        return await openPipe(running, { name, request: new Uint8Array(), signal, failure });
      } catch (error) {
        throw signal?.aborted === true ? interruptedError(name, 'opening a stream', signal.reason) : error;
      }
    },
  };
};

const explain = (
  name: string,
  destination: SshDestination,
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
  if (exitCode === 1)
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
