// Makes a host ready for an ordinary login with the helper, and takes that back: the work of `host add`. It needs, this
// once, a way in as root: a root login, or a user who may run anything through sudo without a password.
import { readFileSync } from 'node:fs';
import { exchange } from '../exchange.ts';
import type { RenderedHelper } from '../helper/render-helper.ts';
import { HostError, lastLines } from '../host-error.ts';
import { bootCommand, encodeScript } from '../request.ts';
import { parsePublicKey } from '../ssh/login-key.ts';
import type { Transport } from '../transport.ts';

/** The login that Tearless makes for itself unless another is named. */
export const defaultLogin = 'tearless';

export interface EnrolOptions {
  /** The way in as root. */
  readonly wayIn: Transport;
  /** Ordinary login on the host; made where it is missing. */
  readonly login?: string;
  /** One line as in a .pub file; its key is let in. */
  readonly publicKey: string;
  readonly signal?: AbortSignal;
}

const sudoBootCommand = bootCommand.replace(/^exec /, 'exec env LC_ALL=C sudo -n -- ');

const timeoutMs = 120_000;

/** Statuses of enrol.sh beside 0. */
const noSudo = 72;

const readScript = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const checkLogin = (host: string, login: string): void => {
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

/** Runs a script as root; each line that it prints is something it changed. */
const runAsRoot = async (
  wayIn: Transport,
  what: string,
  script: string,
  args: readonly string[],
  input: string,
  signal: AbortSignal | undefined,
): Promise<string[]> => {
  const { uid } = await wayIn.login(signal);
  const result = await exchange(wayIn, uid === 0 ? bootCommand : sudoBootCommand, {
    what,
    input: encodeScript(script, args, input),
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

/**
 * Adds the login, lets the key in, installs the helper and its sudoers rule. Run again it changes only what differs,
 * which is also how a helper is brought up to date.
 * @returns what it changed, for people; nothing when all was there
 * @throws HostError `host-sudo-refused`, `host-sudo-missing`, `host-enrol-failed`
 */
export const enrolHost = async (options: EnrolOptions & { readonly helper: RenderedHelper }): Promise<string[]> => {
  const { wayIn, login = defaultLogin, helper, signal } = options;
  checkLogin(wayIn.name, login);
  const args = [login, parsePublicKey(options.publicKey), String(Buffer.byteLength(helper.text))];
  return runAsRoot(wayIn, 'making it ready', readScript('enrol.sh'), args, helper.text, signal);
};

/**
 * Takes it all back: the rule, the helper unless another login has a rule for it, the key, and the login if Tearless
 * made it. With `purge` also what lies in /var/lib/tearless: without it undoing earlier runs from the host is over.
 * @returns what it changed, for people
 */
export const unenrolHost = async (options: EnrolOptions & { readonly purge?: boolean }): Promise<string[]> => {
  const { wayIn, login = defaultLogin, purge = false, signal } = options;
  checkLogin(wayIn.name, login);
  const args = [login, parsePublicKey(options.publicKey), purge ? 'purge' : ''];
  return runAsRoot(wayIn, 'taking it back', readScript('unenrol.sh'), args, '', signal);
};
