// Runs what makes a host ready, as root. It needs, this once, a way in as root: a root login, or a user who may run anything
// through sudo without a password.
import { readFileSync } from 'node:fs';
import { exchange } from '../exchange.ts';
import { HostError, lastLines } from '../host-error.ts';
import { bootCommand, encodeScript } from '../request.ts';
import type { Transport } from '../transport.ts';

const sudoBootCommand = bootCommand.replace(/^exec /, 'exec env LC_ALL=C sudo -n -- ');

const timeoutMs = 120_000;

/** Statuses of enrol.sh beside 0. */
const noSudo = 72;

type ScriptName = 'enrol.sh' | 'unenrol.sh' | 'watch.sh' | 'unwatch.sh';

const readScript = (name: ScriptName): string =>
  ['common.sh', name].map((part) => readFileSync(new URL(part, import.meta.url), 'utf8')).join('\n');

/** @throws HostError `host-login-bad` */
export const checkLogin = (host: string, login: string): void => {
  if (/^[a-z_][a-z0-9_-]{0,30}$/.test(login) && login !== 'root') return;
  throw new HostError({
    kind: 'usage',
    code: 'host-login-bad',
    message: `${host}: ${JSON.stringify(login)} cannot be the ordinary login`,
    hint: 'a login has small letters, digits, "_" and "-"; root needs no enrolment',
    place: 'local',
    subject: host,
  });
};

/**
 * Runs a script of this folder as root.
 * @returns the lines that it prints: each is something it changed
 * @throws HostError `host-sudo-refused`, `host-sudo-missing`, `host-enrol-failed`
 */
export const runAsRoot = async (
  wayIn: Transport,
  what: string,
  script: ScriptName,
  args: readonly string[],
  input: string,
  signal: AbortSignal | undefined,
): Promise<string[]> => {
  const { uid } = await wayIn.login(signal);
  const result = await exchange(wayIn, uid === 0 ? bootCommand : sudoBootCommand, {
    what,
    input: encodeScript(readScript(script), args, input),
    timeoutMs,
    signal,
  });
  const lines = lastLines(result.stderr);
  if (result.exitCode === 0)
    return new TextDecoder()
      .decode(result.stdout)
      .split('\n')
      .filter((line) => line !== '');
  const refused = uid !== 0 && (result.exitCode === 1 || result.exitCode === 127);
  throw new HostError({
    kind: refused ? 'denied' : 'failed',
    code: refused ? 'host-sudo-refused' : result.exitCode === noSudo ? 'host-sudo-missing' : 'host-enrol-failed',
    message: `${wayIn.name}: ${what}: ${lines.at(-1) ?? `ended with status ${result.exitCode}`}`,
    hint:
      result.exitCode === noSudo
        ? 'install the package sudo on the host, or keep to a login as root'
        : refused
          ? 'this needs, once, a login as root or one that may run anything through sudo without a password'
          : 'mend what it names and run it again: what is done already stays done',
    subject: wayIn.name,
    exitCode: result.exitCode,
    lines,
  });
};
