// An onion service of a tor instance as words for the helper's verb `onion`. They may stand on a command line.

import type { OnionTarget } from './host.ts';
import { HostError } from './host-error.ts';

const bad = (host: string, what: string, value: string): HostError =>
  new HostError({
    kind: 'usage',
    code: 'host-argument-bad',
    message: `${host}: ${JSON.stringify(value.slice(0, 80))} is not ${what}`,
    place: 'local',
    subject: host,
  });

/**
 * Instance, address without `.onion`, and the port where one is given: nothing that a shell or sudo reads as anything else.
 * @throws HostError `host-argument-bad`
 */
export const onionArguments = (host: string, { instance, onionAddress, port }: Omit<OnionTarget, 'kind'>): string[] => {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,63}$/.test(instance)) throw bad(host, 'a tor instance', instance);
  const address = onionAddress.toLowerCase().replace(/\.onion$/, '');
  if (!/^[a-z2-7]{56}$/.test(address)) throw bad(host, 'an onion address', onionAddress);
  if (port === undefined) return [instance, address];
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw bad(host, 'a port', String(port));
  return [instance, address, String(port)];
};
