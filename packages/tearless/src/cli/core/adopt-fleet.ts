// What was read from the hosts, put into the configuration that is there, or into a new one. Pure.
import { declareAdopted, declareHost, declareSshConfig } from '../../config/edit.ts';
import type { HostConfig } from '../../config/schema.ts';
import type { HostFacts } from '../../facts/observed.ts';
import { type AdoptedFleet, adoptFleet } from '../../relays/adopt.ts';
import { networkOf } from '../../relays/adopt-network.ts';
import type { AdoptTarget } from './adopt-target.ts';

/** A configuration without relays is filled in; one with relays is left, and the text is a new one. */
export const adoptInto = (target: AdoptTarget, facts: ReadonlyMap<string, HostFacts>): AdoptedFleet => {
  const { path, text, config, declaredRelays, names, added } = target;
  const adopted = adoptFleet({
    fleet: config.fleet,
    network: config.network ?? networkOf(facts.values()),
    ...(config.sshConfig === undefined ? {} : { sshConfig: config.sshConfig }),
    hosts: new Map(names.map((name): [string, HostConfig] => [name, config.hosts[name] ?? {}])),
    facts,
  });
  if (text === undefined || declaredRelays > 0) return adopted;
  const reached = [...added].reduce((before, [name, host]) => declareHost(before, path, name, host), text);
  const through = config.sshConfig === undefined ? reached : declareSshConfig(reached, path, config.sshConfig);
  return { ...adopted, text: declareAdopted(through, path, adopted.text) };
};
