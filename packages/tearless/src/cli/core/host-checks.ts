// What an inspection of a host comes to, check by check: what is wrong and what mends it. Pure.
import type { DescribedError } from '../../base/error.ts';
import type { HostFacts } from '../../facts/observed.ts';
import { formatBytes } from '../../report/format.ts';
import { type Check, found, passed } from './check.ts';
import type { HostInspection } from './inspect-host.ts';

/** In the order in which one leads to the next. */
const chain = ['reach', 'host-key', 'login', 'sudo', 'helper', 'facts'] as const;
type Link = (typeof chain)[number];

/** Without these there is no way to the host. */
const wayThere: ReadonlySet<Link> = new Set(['reach', 'host-key', 'login']);

const linkOf = ({ code }: DescribedError): Link => {
  if (/^ssh-host-key-/.test(code)) return 'host-key';
  if (/^ssh-(key-refused|login-)/.test(code)) return 'login';
  if (/^ssh-/.test(code)) return 'reach';
  if (/^host-sudo-/.test(code)) return 'sudo';
  if (/^host-(helper|verb|request)/.test(code)) return 'helper';
  return 'facts';
};

const minute = 60_000;
/** tor itself bears hours; journals and certificates read better with less. */
const clockLimitMs = minute;

/** A write that fails half-way is undone, but a full disk stops relays too. */
const diskLimitBytes = 100e6;

/** Where Tearless and tor write. */
const writtenPaths = ['/etc', '/usr/local/lib', '/var/lib'];

const mountOf = (path: string, { disks }: HostFacts): HostFacts['disks'][number] | undefined =>
  disks
    .filter(({ mount }) => mount === '/' || path === mount || path.startsWith(`${mount}/`))
    .sort((a, b) => b.mount.length - a.mount.length)[0];

const checkClock = ({ name, clock }: HostInspection): Check => {
  if (clock === undefined) return { name: 'clock', subject: name, outcome: 'skipped', message: 'not looked at' };
  const { aheadMs, uncertaintyMs } = clock;
  const apart = Math.abs(aheadMs);
  const seconds = `${(apart / 1000).toFixed(1)} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (apart - uncertaintyMs <= clockLimitMs)
    return passed('clock', name, apart < 1000 ? 'agrees with this machine’s' : `is ${seconds}`);
  return found('problem', 'clock', name, {
    code: 'clock-apart',
    message: `is ${seconds}`,
    hint: `'timedatectl set-ntp true' on ${name}, or set this machine's clock right`,
  });
};

const checkDisk = ({ name, facts }: HostInspection): Check => {
  if (facts === undefined) return { name: 'disk', subject: name, outcome: 'skipped', message: 'not looked at' };
  const mounts = [...new Set(writtenPaths.flatMap((path) => mountOf(path, facts) ?? []))];
  const said = mounts.map(({ mount, availableBytes }) => `${formatBytes(availableBytes)} free on ${mount}`).join(', ');
  const full = mounts.filter(({ availableBytes }) => availableBytes < diskLimitBytes);
  if (full.length === 0) return passed('disk', name, said === '' ? 'no local file system is listed' : said);
  return found('problem', 'disk', name, {
    code: 'disk-full',
    message: said,
    hint: `free space on ${full.map(({ mount }) => mount).join(', ')} of ${name}: 'apt-get clean', 'journalctl --vacuum-size=100M'`,
  });
};

const describeOk: Record<Link, (seen: HostInspection) => string> = {
  reach: ({ config, name }) => (config.local === true ? 'it is this machine' : `answers at ${config.address ?? name}`),
  'host-key': ({ config }) => (config.local === true ? 'none is needed' : 'is the one that is known'),
  login: ({ login }) => (login === undefined ? 'lets us in' : `lets us in as ${login.user}`),
  sudo: ({ helper }) => (helper?.isCarried === true ? 'is not needed' : 'lets us run the helper'),
  helper: ({ helper }) =>
    helper?.isCarried === true ? 'is carried along' : `is of this version (${helper?.version.slice(0, 8) ?? ''})`,
  facts: ({ facts }) =>
    facts === undefined
      ? 'were read'
      : `${facts.os.prettyName}, tor ${facts.torVersion ?? 'not installed'}, ${facts.instances.length} tor instances`,
};

const rootNote = (name: string): Check =>
  found('note', 'login', name, {
    code: 'login-is-root',
    message: 'lets us in as root: whoever gets hold of the key is root there',
    hint: `'tearless host add ${name} --user tearless' sets up an ordinary login with one helper of fixed verbs`,
  });

/** Every check of one host, in order. */
export const checkHost = (seen: HostInspection): Check[] => {
  const { name, error, config, login } = seen;
  const broken = error === undefined ? undefined : linkOf(error);
  const at = broken === undefined ? chain.length : chain.indexOf(broken);
  const links = chain.map((link, index): Check => {
    if (index < at) {
      if (link === 'login' && login?.uid === 0 && config.local !== true) return rootNote(name);
      return passed(link, name, describeOk[link](seen));
    }
    if (index > at || error === undefined)
      return { name: link, subject: name, outcome: 'skipped', message: `not looked at: ${broken} is in the way` };
    const { code, message, hint } = error;
    return {
      ...found('problem', link, name, { code, message, hint }),
      ...(wayThere.has(link) ? { unreachable: true } : {}),
    };
  });
  return [...links, checkClock(seen), checkDisk(seen)];
};
