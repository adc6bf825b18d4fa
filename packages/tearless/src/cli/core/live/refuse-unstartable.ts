// Before relays restart onto a build: that systemd can start each from there. A build that knows nothing of systemd never says that it is
// ready, and AppArmor may let an instance be started from its package alone.
import type { NamedBuild } from '../../../live/apply/step-specs.ts';
import { LiveError } from '../../../live/live-error.ts';
import { confinementRule, confinementScript, findConfinement } from '../../../live/process/confinement.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import type { RunningRelay } from './look-at-running.ts';
import { liveMeans } from './means.ts';

/** @throws LiveError `live-build-unfit`, `live-confined` */
export const refuseUnstartable = async (
  fleet: ReadFleet,
  to: NamedBuild,
  relays: readonly RunningRelay[],
  { signal }: CommandContext,
): Promise<void> => {
  const isSilent = !liveMeans.readBuild(to.directory).side.image.imports.has('sd_notify');
  for (const seen of relays) {
    const ask = async (script: string, args: readonly string[]): Promise<string> => {
      const { stdout } = await fleet.hosts.get(seen.relay.host).run(script, { args, signal });
      return new TextDecoder().decode(stdout);
    };
    if (isSilent) await refuseSilent(seen, to, ask);
    await refuseConfined(seen, ask);
  }
};

type Ask = (script: string, args: readonly string[]) => Promise<string>;

/** systemd waits for a tor that tells it when it is ready. */
const refuseSilent = async ({ relay }: RunningRelay, { directory }: NamedBuild, ask: Ask): Promise<void> => {
  const unit = `tor@${relay.instance}.service`;
  const type = (await ask('systemctl show --property=Type --value "$1"', [unit])).trim();
  if (!type.startsWith('notify')) return;
  throw new LiveError({
    kind: 'refused',
    code: 'live-build-unfit',
    message: `${unit} on ${relay.host} waits until tor says that it is ready, and ${directory} was built without systemd`,
    subject: relay.id,
    hint: "install libsystemd-dev where it is built, and build it with '-- --enable-systemd'",
  });
};

const refuseConfined = async ({ relay, running }: RunningRelay, ask: Ask): Promise<void> => {
  if (running === undefined) return;
  const profile = findConfinement(await ask(confinementScript, ['/proc', String(running.look.pid), '/etc/apparmor.d']));
  if (profile === undefined) return;
  throw new LiveError({
    kind: 'refused',
    code: 'live-confined',
    message: `${relay.id} is confined by the AppArmor profile ${profile}, which lets it be started from its package alone`,
    place: 'host',
    subject: relay.id,
    hint: `on ${relay.host}, as root: add the line '${confinementRule}' to the file of ${profile} in /etc/apparmor.d/local, and load the profile with apparmor_parser -r`,
  });
};
