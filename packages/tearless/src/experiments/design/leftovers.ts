// Settings of earlier experiments that are still there: torrc options outside what the fleet has in common, drop-ins that
// preload something, timers and cron lines that restart relays. Whoever left them is not asked; they would ride along in an arm.
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';
import { comparableValue } from '@tearless/tor/torrc/value.ts';
import { isDescribedError } from '../../base/error.ts';
import { mergeEnvironment } from '../../daemon/drop-in.ts';
import { dropInFileName } from '../../daemon/instance.ts';
import { createConcealer } from '../../daemon/secret-options.ts';
import { decidingLine, effectiveValues } from '../../daemon/torrc-files.ts';
import { type Candidate, type Majority, majorityOf, type Obstacle } from './candidate.ts';

/**
 * Who a relay is, where it listens and keeps its things, and who may speak to it: differs between relays by nature. What it
 * exits to and how much it carries is a choice too; relays are matched by flags and bandwidth.
 */
const ownOptions: ReadonlySet<string> = new Set(
  [
    ...['Nickname', 'ContactInfo', 'Address', 'ORPort', 'DirPort', 'SocksPort', 'ExtORPort', 'MyFamily', 'FamilyId'],
    ...['OutboundBindAddress', 'OutboundBindAddressOR', 'OutboundBindAddressExit', 'OutboundBindAddressPT'],
    ...[
      'DataDirectory',
      'CacheDirectory',
      'KeyDirectory',
      'FamilyKeyDirectory',
      'PidFile',
      'Log',
      'User',
      'RunAsDaemon',
    ],
    ...['ControlPort', 'ControlSocket', 'ControlSocketsGroupWritable', 'CookieAuthentication', 'CookieAuthFile'],
    ...[
      'CookieAuthFileGroupReadable',
      'HashedControlPassword',
      'MetricsPort',
      'MetricsPortPolicy',
      'SyslogIdentityTag',
    ],
    ...['ExitRelay', 'ExitPolicy', 'ReducedExitPolicy', 'IPv6Exit', 'ExitPolicyRejectPrivate', 'BandwidthRate'],
    ...['BandwidthBurst', 'RelayBandwidthRate', 'RelayBandwidthBurst', 'MaxAdvertisedBandwidth', 'AccountingMax'],
    ...['AccountingStart', 'AccountingRule', 'PublishServerDescriptor', 'AssumeReachable', 'AssumeReachableIPv6'],
    ...['DirPortFrontPage', 'GeoIPFile', 'GeoIPv6File', 'ServerDNSResolvConfFile', 'BridgeDistribution'],
  ].map((name) => name.toLowerCase()),
);

const normalized = (name: string, values: readonly string[]): string =>
  values.map((value) => comparableValue(name, value)).join('\n');

interface Setting {
  /** The same for all ways to write it. */
  readonly value: string;
  /** As written, without secrets. */
  readonly shown: string;
}

/** What a relay's torrc sets besides what is its own, by tor's spelling. */
const settingsOf = (candidate: Candidate): ReadonlyMap<string, Setting> => {
  const { value: conceal } = createConcealer();
  return new Map(
    [...effectiveValues(candidate.instance.torrc)].flatMap(([written, list]) => {
      const name = canonicalName(written);
      if (ownOptions.has(name.toLowerCase())) return [];
      const shown = `${name} ${list.map((value) => conceal(name, value)).join(', ')}`;
      return [[name, { value: normalized(name, list), shown }] as const];
    }),
  );
};

const isDeclared = ({ relay }: Candidate, option: string): boolean =>
  [...relay.torrc.keys()].some((name) => canonicalName(name).toLowerCase() === option.toLowerCase());

interface Readable {
  readonly candidate: Candidate;
  readonly settings: ReadonlyMap<string, Setting>;
}

/** What most relays of a host have is that host's way; with fewer relays nobody can say. */
const fewestOfHost = 3;

const hostMajority = (readable: readonly Readable[], option: string): Map<string, string | undefined> => {
  const hosts = new Set(readable.map(({ candidate }) => candidate.relay.host));
  return new Map(
    [...hosts].flatMap((host) => {
      const own = readable.filter(({ candidate }) => candidate.relay.host === host);
      const common = majorityOf(own.map(({ settings }) => settings.get(option)?.value));
      return common === undefined || own.length < fewestOfHost ? [] : [[host, common.value] as const];
    }),
  );
};

const describeOdd = (
  readable: readonly Readable[],
  { candidate, settings }: Readable,
  option: string,
  common: Majority<string | undefined>,
): Obstacle => {
  const setting = settings.get(option);
  const line = setting === undefined ? undefined : decidingLine(candidate.instance.torrc, option);
  const where = line === undefined ? '' : ` (${line.file}:${line.line})`;
  const usual = readable.find((other) => other.settings.get(option)?.value === common.value)?.settings.get(option);
  const others = usual === undefined ? 'do not set it' : `have ${usual.shown}`;
  return {
    relay: candidate.relay.id,
    code: 'left-over-torrc',
    reason: `has ${setting?.shown ?? `not set ${option}`}${where}, while ${common.count} of ${common.of} ${others}`,
  };
};

/**
 * Options that a relay has otherwise than more than half of the fleet, and that the configuration does not declare for it.
 * What a whole host has otherwise is noted: its relays are compared with one another.
 */
export const findOddSettings = (candidates: readonly Candidate[]): { obstacles: Obstacle[]; notes: Obstacle[] } => {
  const obstacles: Obstacle[] = [];
  const notes: Obstacle[] = [];
  const readable = candidates.flatMap((candidate): Readable[] => {
    try {
      return [{ candidate, settings: settingsOf(candidate) }];
    } catch (error) {
      if (!isDescribedError(error)) throw error;
      obstacles.push({
        relay: candidate.relay.id,
        code: 'left-over-torrc',
        reason: `its torrc cannot be read, so nothing is known of what is left over in it: ${error.message}`,
      });
      return [];
    }
  });
  const options = new Set(readable.flatMap(({ settings }) => [...settings.keys()]));
  for (const option of [...options].sort()) {
    const common = majorityOf(readable.map(({ settings }) => settings.get(option)?.value));
    if (common === undefined) continue;
    const ways = hostMajority(readable, option);
    for (const relay of readable) {
      const value = relay.settings.get(option)?.value;
      const { host } = relay.candidate.relay;
      if (value === common.value || isDeclared(relay.candidate, option)) continue;
      const isHosts = ways.has(host) && ways.get(host) === value;
      (isHosts ? notes : obstacles).push(describeOdd(readable, relay, option, common));
    }
  }
  return { obstacles, notes };
};

const allocatorVariable = /^(LD_PRELOAD|MALLOC_.*|MIMALLOC_.*|TCMALLOC_.*|GLIBC_TUNABLES)$/;

/** Drop-ins of others that decide what a relay preloads or how its allocator behaves. */
export const findOddDropIns = (candidates: readonly Candidate[]): Obstacle[] =>
  candidates.flatMap(({ relay, instance }) =>
    instance.dropIns.flatMap(({ path, text }): Obstacle[] => {
      if (path.endsWith(`/${dropInFileName}`)) return [];
      const names = [...mergeEnvironment([text]).keys()].filter((name) => allocatorVariable.test(name));
      return names.length === 0
        ? []
        : [{ relay: relay.id, code: 'left-over-drop-in', reason: `${path} sets ${names.join(' and ')}` }];
    }),
  );

const wordsOf = (text: string): Set<string> => new Set(text.split(/[^A-Za-z0-9]+/));

/** `tor-restart-alpha.timer`, `tor-restart@alpha.timer`, or whatever starts this instance's unit or one named after it. */
const aimsAt = (name: string, unit: string, words: string): boolean =>
  words.includes(unit) ||
  (new RegExp(`(^|[^A-Za-z0-9_])${name}($|[^A-Za-z0-9_])`).test(words) && wordsOf(words).has('tor'));

/** Timers that start a relay's unit, or something that is named after it and after tor. */
export const findRestartTimers = (candidates: readonly Candidate[]): Obstacle[] =>
  candidates.flatMap(({ relay, facts, instance }) =>
    facts.timers.flatMap(({ unit, activates = '', path, activeState = 'not loaded', unitFileState }): Obstacle[] => {
      const isOurs = unit.startsWith('tearless-') && wordsOf(unit).has(instance.name);
      const isOne = isOurs || aimsAt(instance.name, instance.unit, `${unit} ${activates}`);
      // One that is neither running nor enabled will not fire.
      if (!isOne || (activeState !== 'active' && unitFileState !== 'enabled')) return [];
      const where = path === undefined ? '' : ` (${path})`;
      return [
        { relay: relay.id, code: 'restart-timer', reason: `${unit}${where} is ${activeState} and starts ${activates}` },
      ];
    }),
  );

const restartWords = /\b(restart|try-restart|reload-or-restart|stop|start|kill|pkill|killall|reload)\b/;

/** cron lines that stop or restart a relay: by its unit, by its name beside tor's, or all of tor at once. */
export const findRestartCron = (candidates: readonly Candidate[]): Obstacle[] =>
  candidates.flatMap(({ relay, facts, instance }) =>
    facts.cron.flatMap(({ path, line, text }): Obstacle[] => {
      const isAll = /\btor(@\*(\.service)?|\.service|@\.service)?([\s'";]|$)/.test(text);
      if (!restartWords.test(text) || !(isAll || aimsAt(instance.name, instance.unit, text))) return [];
      return [
        { relay: relay.id, code: 'restart-cron', reason: `${path}:${line} stops or restarts it: ${text.trim()}` },
      ];
    }),
  );
