// tor@NAME instances on a host, made as Debian makes them.
import { LabError } from '../base/lab-error.ts';
import { execOnHost } from './exec.ts';
import type { LabHost } from './host-record.ts';

export type RelaySpec = {
  /** The instance's name. Debian starts only instances of letters and digits with tor.service. */
  name: string;
  /** Its torrc, whole. */
  torrc: string;
};

const createInstances = `
set -eu
for name; do
  [ -d "/etc/tor/instances/$name" ] || tor-instance-create "$name" >&2
done
`;

const writeTorrc = 'cat >"$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

/** The units of instances. */
export const relayUnits = (names: readonly string[]): string[] => names.map((name) => `tor@${name}.service`);

/**
 * Makes instances with their torrc on a running host; those that are there get the new torrc. Starts none.
 * @throws LabError `lab-bad-name`, `lab-host-command-failed`
 */
export const addRelays = async (host: LabHost, relays: readonly RelaySpec[]): Promise<void> => {
  for (const { name } of relays) {
    if (/^[A-Za-z][A-Za-z0-9]{0,18}$/.test(name) && name !== 'default') continue;
    throw new LabError('lab-bad-name', `${JSON.stringify(name)} cannot name a relay`, {
      kind: 'usage',
      hint: 'use at most 19 letters and digits, beginning with a letter: that is all a nickname may hold',
    });
  }
  await execOnHost(host, ['sh', '-s', '--', ...relays.map(({ name }) => name)], { input: createInstances });
  await Promise.all(
    relays.map(({ name, torrc }) =>
      execOnHost(host, ['sh', '-c', writeTorrc, 'sh', `/etc/tor/instances/${name}/torrc`], { input: torrc }),
    ),
  );
};

/** Enables and starts instances together; settles when all have told systemd that they run. */
export const startRelays = async (host: LabHost, names: readonly string[]): Promise<void> => {
  await execOnHost(host, ['systemctl', 'enable', '--quiet', '--now', ...relayUnits(names)]);
};

export const stopRelays = async (host: LabHost, names: readonly string[]): Promise<void> => {
  await execOnHost(host, ['systemctl', 'disable', '--quiet', '--now', ...relayUnits(names)]);
};
