// Before anything is planned for relays: that their hosts trust the key which is to sign, now. A host would refuse it as well, but only
// once the run has begun.
import { existsSync } from 'node:fs';
import { isSameKey, isValidAt, parseSigners } from '../../../live/keys/signers.ts';
import { readSigners } from '../../../live/keys/trust-step.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { publicHalf, readPublicKey } from './plan-trust.ts';

const untrusted = (hosts: readonly string[], whom: string, hint: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'host-live-untrusted',
    message: `${hosts.join(', ')}: ${hosts.length === 1 ? 'this host trusts' : 'these hosts trust'} ${whom}`,
    place: 'host',
    subject: hosts[0] ?? '',
    hint,
  });

/**
 * @param names of hosts, each as often as it likes
 * @param key that signs; one without its public half beside it is left to the hosts
 * @throws LiveError `host-live-untrusted`, HostError
 */
export const refuseUntrusted = async (
  fleet: Pick<ReadFleet, 'hosts'>,
  names: readonly string[],
  key: string,
  { surroundings }: CommandContext,
): Promise<void> => {
  if (!existsSync(publicHalf(key))) return;
  const own = readPublicKey(key, 'own');
  const nowMs = surroundings.clock.now();
  const lists = await Promise.all(
    [...new Set(names)].map(async (name) => ({
      name,
      signers: parseSigners(await readSigners(fleet.hosts.get(name)), name),
    })),
  );
  const namesWhere = (test: (one: (typeof lists)[number]) => boolean) => lists.filter(test).map(({ name }) => name);
  const open = namesWhere(({ signers }) => signers.length === 0);
  if (open.length > 0)
    throw untrusted(
      open,
      'nobody yet to sign live updates',
      "'tearless live key trust' over a login as root; else an administrator puts the line that '… trust --detail' shows into /var/lib/tearless/live/signers",
    );
  const others = namesWhere(({ signers }) => !signers.some((one) => isSameKey(one, own) && isValidAt(one, nowMs)));
  if (others.length > 0)
    throw untrusted(
      others,
      `others to sign live updates, not ${key}, or not now`,
      "'tearless live key ls' shows whom and when; --key FILE names another key",
    );
};
