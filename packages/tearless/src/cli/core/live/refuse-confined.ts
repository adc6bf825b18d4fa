// Before relays restart onto a build: that AppArmor lets each be started from there. Without the rule systemd could not start it.

import { LiveError } from '../../../live/live-error.ts';
import { confinementRule, confinementScript, findConfinement } from '../../../live/process/confinement.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import type { RunningRelay } from './look-at-running.ts';

/** @throws LiveError `live-confined` */
export const refuseConfined = async (
  fleet: ReadFleet,
  relays: readonly RunningRelay[],
  { signal }: CommandContext,
): Promise<void> => {
  for (const { relay, running } of relays) {
    if (running === undefined) continue;
    const args = ['/proc', String(running.look.pid), '/etc/apparmor.d'];
    const { stdout } = await fleet.hosts.get(relay.host).run(confinementScript, { args, signal });
    const profile = findConfinement(new TextDecoder().decode(stdout));
    if (profile === undefined) continue;
    throw new LiveError({
      kind: 'refused',
      code: 'live-confined',
      message: `${relay.id} is confined by the AppArmor profile ${profile}, which lets it be started from its package alone`,
      place: 'host',
      subject: relay.id,
      hint: `on ${relay.host}, as root: add the line '${confinementRule}' to the file of ${profile} in /etc/apparmor.d/local, and load the profile with apparmor_parser -r`,
    });
  }
};
