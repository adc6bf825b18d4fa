// Which torrc options a configuration may ask for, and which values tor would not take: judged by tor's own list of options,
// without a host. What depends on the host's torrc is daemon/'s; tor itself has the last word there.

import { TorError } from '@tearless/tor/error.ts';
import {
  canonicalName,
  findOption,
  isObsoleteOption,
  serviceGroup,
  suggestOption,
} from '@tearless/tor/torrc/known-options.ts';
import { normalizeValue } from '@tearless/tor/torrc/value.ts';

/** What is wrong with an option, or with its value at `value`. */
export interface TorrcComplaint {
  readonly code:
    | 'unknown-option'
    | 'obsolete-option'
    | 'fixed-option'
    | 'guarded-option'
    | 'service-option'
    | 'option-once'
    | 'option-value';
  readonly message: string;
  readonly hint: string;
}

/** Options that no plan changes although the host would let it: they change what a relay is. */
const refusedOptions: ReadonlyMap<string, string> = new Map([
  ['OfflineMasterKey', 'it decides which keys the relay has'],
  ['FamilyKeyDirectory', 'the keys there must be moved with it'],
  ['DisableNetwork', 'it takes the relay off the network; stop the unit instead'],
  ['TestingTorNetwork', 'it takes the relay to another network'],
]);

/**
 * Options by which tor, still root, runs programs, writes elsewhere, opens itself to control, trusts other authorities or drops
 * its defences. The host's helper leaves them to its administrator; the plan says so before anything is touched.
 */
const guardedOptions: ReadonlySet<string> = new Set(
  `AccelDir AccelName AlternateBridgeAuthority AlternateDirAuthority ApprovedRoutersFile CacheDirectory
  CacheDirectoryGroupReadable ClientOnionAuthDir ClientTransportPlugin ControlPort ControlPortFileGroupReadable
  ControlPortWriteToFile ControlSocket ControlSocketsGroupWritable CookieAuthentication CookieAuthFile
  CookieAuthFileGroupReadable DataDirectory DataDirectoryGroupReadable DirAuthority DirPortFrontPage DisableAllSwap
  DisableDebuggerAttachment ExtORPort ExtORPortCookieAuthFile ExtORPortCookieAuthFileGroupReadable FallbackDir
  GeoIPFile GeoIPv6File GuardfractionFile HardwareAccel HashedControlPassword KeepBindCapabilities KeyDirectory
  KeyDirectoryGroupReadable Log NoExec PidFile RunAsDaemon SafeLogging Sandbox ServerDNSResolvConfFile
  ServerTransportListenAddr ServerTransportOptions ServerTransportPlugin SyslogIdentityTag TruncateLogFile
  UnixSocksGroupWritable User V3BandwidthsFile`.split(/\s+/),
);

const judgeName = (name: string): TorrcComplaint | undefined => {
  const option = findOption(name);
  if (isObsoleteOption(name))
    return {
      code: 'obsolete-option',
      message: `tor ignores the option ${name}: it was removed`,
      hint: 'remove it from tearless.yaml',
    };
  if (option === undefined || option.name.toLowerCase() !== name.toLowerCase()) {
    // tor would take abbreviations and aliases too; in a plan a name has one spelling
    const suggestion = option?.name ?? suggestOption(name);
    return {
      code: 'unknown-option',
      message: `${JSON.stringify(name)} is no option of tor`,
      hint: suggestion === undefined ? 'look it up in tor(1)' : `write '${suggestion}' if that is meant`,
    };
  }
  const why = refusedOptions.get(option.name);
  if (why !== undefined)
    return {
      code: 'fixed-option',
      message: `Tearless does not change ${option.name}: ${why}`,
      hint: 'change it by hand',
    };
  if (guardedOptions.has(option.name) || name.startsWith('_'))
    return {
      code: 'guarded-option',
      message: `Tearless does not change ${option.name}: that is for the host’s administrator`,
      hint: 'change it by hand on the host',
    };
  if (option.group === serviceGroup)
    return {
      code: 'service-option',
      message: `${option.name} belongs to an onion service, not to a relay`,
      hint: 'settings are of relays; leave the options of onion services out of them',
    };
  return undefined;
};

/** `Write for example 512 MB.` as it stands behind a semicolon. */
const asClause = (sentence: string): string =>
  `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}`.replace(/\.$/, '');

/** `auto`, `9001`, `192.0.2.1:9001`, `[2001:db8::1]:9001`, `9001 NoListen IPv4Only`: the port, then words that tor knows. */
const isPort = (value: string): boolean => {
  const [, port] = /^(?:\[[0-9A-Fa-f:.]+\]:|[\w.-]+:)?(auto|\d{1,5})(?:\s+\S.*)?$/i.exec(value.trim()) ?? [];
  return port !== undefined && (!/^\d/.test(port) || Number(port) <= 65_535);
};

/** Texts that tor reads further, where reading them needs nothing of the host. */
const forms: Readonly<
  Record<string, { readonly fits: (value: string) => boolean; readonly what: string; readonly hint: string }>
> = {
  Nickname: {
    fits: (value) => /^[A-Za-z0-9]{1,19}$/.test(value),
    what: 'a nickname',
    hint: 'write 1 to 19 letters and digits',
  },
  ORPort: { fits: isPort, what: 'a port', hint: 'write for example 9001 or 192.0.2.1:9001 NoAdvertise' },
  DirPort: { fits: isPort, what: 'a port', hint: 'write for example 9030' },
  MetricsPort: { fits: isPort, what: 'a port', hint: 'write for example 127.0.0.1:9035' },
};

const judgeValue = (name: string, value: string): TorrcComplaint | undefined => {
  if (/unix:/i.test(value))
    return {
      code: 'guarded-option',
      message: `Tearless opens no unix socket for ${name}`,
      hint: 'change it by hand on the host',
    };
  const form = forms[name];
  if (form !== undefined && !form.fits(value))
    return {
      code: 'option-value',
      message: `${name}: ${JSON.stringify(value.slice(0, 80))} is not ${form.what}`,
      hint: form.hint,
    };
  try {
    normalizeValue(name, value);
    return undefined;
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    return { code: 'option-value', message: error.message, hint: asClause(error.hint ?? 'look it up in tor(1)') };
  }
};

/**
 * The first thing that is wrong with an option and its values.
 * @param name in any case; abbreviations and aliases are refused
 * @param values null or none: the option shall not be set
 */
export const judgeTorrcOption = (name: string, values: readonly string[] | null): TorrcComplaint | undefined => {
  const complaint = judgeName(name);
  if (complaint !== undefined || values === null) return complaint;
  const canonical = canonicalName(name);
  for (const value of values) {
    const found = judgeValue(canonical, value);
    if (found !== undefined) return found;
  }
  if (values.length > 1 && findOption(name)?.repeatable !== true)
    return {
      code: 'option-once',
      message: `${canonical} has one value, not ${values.length}`,
      hint: 'keep the one that shall hold',
    };
  return undefined;
};
