// Names and paths of one tor instance as Debian's tor package lays them out: `tor@NAME.service` made by
// tor-instance-create, and `tor@default.service` of a host with a single tor. No I/O.
import { DaemonError } from './daemon-error.ts';

/** Our drop-in's file name. Drop-ins apply in the order of their names, so a later one may still win over it. */
export const dropInFileName = '50-tearless-allocator.conf';

const unitDirectory = '/etc/systemd/system';

/**
 * What stands between `tor@` and `.service`. tor-instance-create makes letters and digits only; names with `_` or `-` are
 * made by hand. All of these are valid in a unit's name as they are and `%i` gives them back unchanged, so that nothing
 * is ever escaped; what would need escaping is refused.
 */
const instanceName = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** The instance's user is `_tor-NAME`, and user names end at 32 characters. */
const longestName = 27;

export interface InstancePaths {
  readonly name: string;
  /** `tor@NAME.service`. */
  readonly unit: string;
  /** Where drop-ins for this unit alone lie. */
  readonly dropInDirectory: string;
  /** Our drop-in. */
  readonly dropInPath: string;
  readonly torrcPath: string;
  readonly dataDirectory: string;
  readonly controlSocket: string;
  /** Options that come before the torrc; systemd writes this file when the instance starts. */
  readonly defaultsTorrcPath: string;
  readonly user: string;
}

/** True for names that `instancePaths` takes. */
export const isInstanceName = (name: string): boolean => instanceName.test(name) && name.length <= longestName;

/**
 * @throws DaemonError `daemon-bad-instance` for a name that no tor@ unit of Debian can have
 */
export const instancePaths = (name: string): InstancePaths => {
  if (!isInstanceName(name)) {
    throw new DaemonError({
      kind: 'usage',
      code: 'daemon-bad-instance',
      message: `${JSON.stringify(name)} is no name of a tor instance`,
      hint: `a name has letters, digits, "_" and "-", starts with a letter or digit and is at most ${longestName} long`,
    });
  }
  const unit = `tor@${name}.service`;
  const dropInDirectory = `${unitDirectory}/${unit}.d`;
  const shared = { name, unit, dropInDirectory, dropInPath: `${dropInDirectory}/${dropInFileName}` };
  if (name === 'default') {
    return {
      ...shared,
      torrcPath: '/etc/tor/torrc',
      dataDirectory: '/var/lib/tor',
      controlSocket: '/run/tor/control',
      defaultsTorrcPath: '/usr/share/tor/tor-service-defaults-torrc',
      user: 'debian-tor',
    };
  }
  return {
    ...shared,
    torrcPath: `/etc/tor/instances/${name}/torrc`,
    dataDirectory: `/var/lib/tor-instances/${name}`,
    controlSocket: `/run/tor-instances/${name}/control`,
    defaultsTorrcPath: `/run/tor-instances/${name}.defaults`,
    user: `_tor-${name}`,
  };
};
