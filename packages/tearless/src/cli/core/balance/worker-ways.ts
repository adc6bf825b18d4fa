// The way to the tors of workers, by host: the balancer's own key where it was let in, else the login of Tearless itself, else
// this machine.
import { existsSync } from 'node:fs';
import type { WayToTor } from '../../../balance/helper/worker-helper.ts';
import { defaultWatcher } from '../../../host/enrol/watch-host.ts';
import { createOnionDoor } from '../../../host/ssh/onion-door.ts';
import type { ConfigFile } from '../config-file.ts';
import type { ReadFleet } from '../fleet.ts';
import { currentHelper, destinationOf } from '../hosts.ts';

/**
 * Nothing is connected yet.
 * @throws CliError `config-unknown-host`, HostError `ssh-destination-bad`
 */
export const wayToWorkers = (
  {
    config,
    file,
    hosts,
    state,
  }: Pick<ReadFleet, 'config' | 'hosts' | 'state'> & { readonly file: Pick<ConfigFile, 'path'> },
  name: string,
): WayToTor => {
  const host = config.hosts[name];
  if (host === undefined || host.local === true) return hosts.get(name);
  const destination = destinationOf(name, host, config.sshConfig, file, state);
  // A machine that only balances has no other key.
  const isWatcher =
    existsSync(state.balancerIdentity) && (existsSync(state.watchedHost(name)) || !existsSync(state.identityFile));
  return isWatcher
    ? createOnionDoor(
        name,
        { ...destination, user: defaultWatcher, identityFile: state.balancerIdentity },
        { kind: 'watcher' },
      )
    : createOnionDoor(name, destination, { kind: 'login', helper: currentHelper() });
};
