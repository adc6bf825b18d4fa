// Shows the key of a host and asks whether it is its key, and whether the host shall be set up.
import type { HostKey } from '../../host/ssh/host-key.ts';
import { confirm } from './confirm.ts';
import type { CommandContext } from './context.ts';
import { judgeHostKey, renderKeyLines, unconfirmedKey } from './host-key-trust.ts';
import type { HostSetup } from './host-words.ts';

export interface Consent {
  /** `--host-key`. */
  readonly fingerprint: string | undefined;
  /** `--yes`: no question; a key that is not pinned then needs its fingerprint. */
  readonly yes: boolean;
}

/**
 * @param pinned text of the host's known_hosts file
 * @throws CliError `host-key-mismatch`, `host-key-unconfirmed`, `cli-no-terminal`
 */
export const confirmHost = async (
  context: CommandContext,
  { name, login, asRoot }: HostSetup,
  key: HostKey,
  pinned: string,
  { fingerprint, yes }: Consent,
): Promise<boolean> => {
  const { output } = context;
  const { errorStyle: style } = output;
  const trust = judgeHostKey(name, key, pinned, fingerprint);
  if (trust.kind === 'ask' && (yes || output.json)) throw unconfirmedKey(name, key, trust.isChanged);
  if (!output.json) for (const line of renderKeyLines(name, key, trust)) output.note(line);
  if (asRoot && !output.json)
    output.note(`${style.warn('warning')} Tearless will log in as root: whoever gets hold of the key is root there`);
  if (yes) return true;
  const what = asRoot
    ? 'be declared with its login as root'
    : `get the login '${login}', the helper and its sudoers line`;
  return confirm(
    context,
    trust.kind === 'ask' ? `is this the key of ${name}, and shall it ${what}` : `shall ${name} ${what}`,
  );
};
