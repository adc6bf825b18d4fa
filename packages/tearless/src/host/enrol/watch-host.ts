// Lets a balancer follow onion services of a host, and takes that back. It gets a login that can do nothing else: not even what
// Tearless's own login can do there, so that who steals a balancer's key can look at descriptors, which are public anyway.
import type { RenderedHelper } from '../helper/render-helper.ts';
import type { OnionTarget } from '../host.ts';
import { onionArguments } from '../onion-target.ts';
import { parsePublicKey } from '../ssh/login-key.ts';
import type { Transport } from '../transport.ts';
import { checkLogin, runAsRoot } from './run-as-root.ts';

/** The login that a balancer has on the hosts of its workers unless another is named. */
export const defaultWatcher = 'tearless-watch';

export interface WatchOptions {
  /** The way in as root, used this once. */
  readonly wayIn: Transport;
  readonly login?: string;
  readonly signal?: AbortSignal;
}

/**
 * Adds the login, lets the key in, installs the helper, and adds these services to those that the login may follow. Run again it
 * changes only what differs, which is also how a helper is brought up to date.
 * @returns what it changed, for people; nothing when all was there
 * @throws HostError `host-sudo-refused`, `host-sudo-missing`, `host-enrol-failed`, `host-argument-bad`
 */
export const letWatch = async (
  options: WatchOptions & {
    /** One line as in a .pub file. */
    readonly publicKey: string;
    readonly helper: RenderedHelper;
    readonly services: readonly Omit<OnionTarget, 'kind'>[];
  },
): Promise<string[]> => {
  const { wayIn, login = defaultWatcher, helper, services, signal } = options;
  checkLogin(wayIn.name, login);
  const args = [
    login,
    parsePublicKey(options.publicKey),
    String(Buffer.byteLength(helper.text)),
    ...services.map((service) => onionArguments(wayIn.name, service).join(' ')),
  ];
  return runAsRoot(wayIn, 'letting the balancer in', 'watch.sh', args, helper.text, signal);
};

/** Takes it all back. @returns what it changed, for people */
export const endWatch = async ({ wayIn, login = defaultWatcher, signal }: WatchOptions): Promise<string[]> => {
  checkLogin(wayIn.name, login);
  return runAsRoot(wayIn, 'keeping the balancer out', 'unwatch.sh', [login], '', signal);
};
