// Makes a host ready for an ordinary login with the helper, and takes that back: the work of `host add`.
import type { RenderedHelper } from '../helper/render-helper.ts';
import { parsePublicKey } from '../ssh/login-key.ts';
import type { Transport } from '../transport.ts';
import { checkLogin, runAsRoot } from './run-as-root.ts';

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
  return runAsRoot(wayIn, 'making it ready', 'enrol.sh', args, helper.text, signal);
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
  return runAsRoot(wayIn, 'taking it back', 'unenrol.sh', args, '', signal);
};
