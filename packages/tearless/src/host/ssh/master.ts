// The one connection to a host that everything else shares. Its own command waits on its standard input, which is ours:
// when we are gone, however we went, the host sees the end of it and the connection closes by itself.
import { rm } from 'node:fs/promises';
import { HostError, lastLines } from '../host-error.ts';
import { type LocalProcess, startProcess } from '../process.ts';
import { bootCommand, encodeScript } from '../request.ts';
import type { Login } from '../transport.ts';
import { newControlPath } from './control-directory.ts';
import {
  connectTimeoutSeconds,
  describeDestination,
  renderMasterArguments,
  type SshDestination,
} from './destination.ts';
import { parseSshFailure } from './words.ts';

const greetingScript = `printf 'tearless-greeting %s %s\\n' "$(id -u)" "$(id -un)"
exec cat >/dev/null
`;

/** Connecting and logging in may take so long together. */
const loginTimeoutMs = (connectTimeoutSeconds + 30) * 1000;

export interface Master {
  readonly controlPath: string;
  readonly login: Login;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  /** Whether it is gone by now. */
  isGone(): boolean;
  /** What ssh said about it so far. */
  said(): string;
  close(): Promise<void>;
}

/** Why ssh ended before it let us in. */
const connectError = (
  name: string,
  destination: SshDestination,
  process: LocalProcess,
  exitCode: number | null,
  stderr: string,
): HostError => {
  const at = describeDestination(destination);
  const failure = process.failure();
  if (failure !== undefined)
    return new HostError({
      kind: 'failed',
      code: 'ssh-client-missing',
      message: `ssh cannot be started on this machine: ${failure.message}`,
      hint: 'install the package openssh-client',
      place: 'local',
      cause: failure,
    });
  const lines = lastLines(stderr);
  if (exitCode === 255 || exitCode === null) {
    const { message, ...what } = parseSshFailure(stderr);
    return new HostError({ ...what, message: `${name}: cannot connect to ${at}: ${message}`, subject: name, lines });
  }
  return new HostError({
    kind: 'denied',
    code: 'ssh-login-refused',
    message: `${name}: logged in to ${at}, but its shell ended at once: ${lines.at(-1) ?? `status ${exitCode}`}`,
    hint: 'the login needs a POSIX shell that runs commands',
    subject: name,
    exitCode,
    lines,
  });
};

/** The greeting, or what stood there instead of it. */
const readGreeting = (process: LocalProcess): Promise<{ login: Login } | { noise: string }> =>
  new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end === -1 && text.length < 4096) return;
      process.stdout.off('data', onData);
      process.stdout.resume();
      const greeting = /^tearless-greeting (\d+) (\S+)\n/.exec(text);
      const [, uid, user] = greeting ?? [];
      if (uid === undefined || user === undefined) resolve({ noise: text.split('\n', 1)[0] ?? '' });
      else resolve({ login: { uid: Number(uid), user } });
    };
    process.stdout.on('data', onData);
    void process.ended.then(({ exitCode }) => reject(exitCode));
  });

/** @throws HostError `ssh-*`, each with its hint. */
export const connectMaster = async (
  name: string,
  destination: SshDestination,
  signal: AbortSignal,
): Promise<Master> => {
  const controlPath = await newControlPath();
  const process = startProcess('ssh', renderMasterArguments(destination, controlPath, bootCommand));
  let stderr = '';
  let gone = false;
  process.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-16384);
  });
  const ended = process.ended.then(async () => {
    gone = true;
    // ssh removes its socket itself, unless it was killed.
    await rm(controlPath, { force: true });
  });
  const kill = (): void => process.kill();
  signal.addEventListener('abort', kill, { once: true });
  const timer = setTimeout(kill, loginTimeoutMs);
  process.stdin.write(encodeScript(greetingScript, [], ''));
  try {
    if (signal.aborted) kill();
    const greeting = await readGreeting(process).catch((exitCode: number | null) => {
      signal.throwIfAborted();
      throw connectError(name, destination, process, exitCode, stderr);
    });
    if ('noise' in greeting) {
      kill();
      throw new HostError({
        kind: 'failed',
        code: 'ssh-login-noisy',
        message: `${name}: its login shell writes to standard output before any command does: ${JSON.stringify(greeting.noise)}`,
        hint: 'let the start-up files of the login be silent when there is no terminal',
        subject: name,
      });
    }
    process.keepAlive(false);
    return {
      controlPath,
      login: greeting.login,
      gone: ended,
      isGone: () => gone,
      said: () => stderr,
      close: async () => {
        // Asked to end by itself, ssh would wait for what an aborted call left running there. Its loop (9.2) may sleep over a
        // signal, but not over the end of its input.
        kill();
        process.stdin.end();
        await ended;
      },
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
};
