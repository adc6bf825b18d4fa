// Before relays become a build, by a restart or while they run: that systemd can start each from there next time. A build that knows
// nothing of systemd never says that it is ready, and AppArmor may let an instance be started from its package alone.
import type { NamedBuild } from '../../../live/apply/step-specs.ts';
import { LiveError } from '../../../live/live-error.ts';
import { confinementRule, confinementScript, findConfinement } from '../../../live/process/confinement.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import type { RunningRelay } from './look-at-running.ts';
import { liveMeans } from './means.ts';

type Ask = (script: string, args: readonly string[]) => Promise<string>;

const askerOf =
  (fleet: ReadFleet, { relay }: RunningRelay, { signal }: CommandContext): Ask =>
  async (script, args) => {
    const { stdout } = await fleet.hosts.get(relay.host).run(script, { args, signal });
    return new TextDecoder().decode(stdout);
  };

/** For those that run a build of ours, so that AppArmor lets them be started from one. @throws LiveError `live-build-unfit` */
export const refuseSilentBuild = async (
  fleet: ReadFleet,
  to: NamedBuild,
  relays: readonly RunningRelay[],
  context: CommandContext,
): Promise<void> => {
  if (liveMeans.readBuild(to.directory).side.image.imports.has('sd_notify')) return;
  for (const seen of relays) await refuseSilent(seen, to, askerOf(fleet, seen, context));
};

/** @throws LiveError `live-build-unfit`, `live-confined` */
export const refuseUnstartable = async (
  fleet: ReadFleet,
  to: NamedBuild,
  relays: readonly RunningRelay[],
  context: CommandContext,
): Promise<void> => {
  await refuseSilentBuild(fleet, to, relays, context);
  for (const seen of relays) await refuseConfined(seen, askerOf(fleet, seen, context));
};

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
