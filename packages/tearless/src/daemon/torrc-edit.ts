// Plans a change of torrc options: the new text of the main file, whether a reload takes it up or a restart must, and a
// refusal where Tearless cannot do what is asked. Pure; writing is the generic file step's business.
import { setOption } from '@tearless/tor/torrc/edit.ts';
import {
  canonicalName,
  findOption,
  isObsoleteOption,
  serviceGroup,
  suggestOption,
} from '@tearless/tor/torrc/known-options.ts';
import { parseTorrc, renderTorrc } from '@tearless/tor/torrc/syntax.ts';
import { normalizeValue } from '@tearless/tor/torrc/value.ts';
import { DaemonError } from './daemon-error.ts';
import { decidingLine, effectiveValues, type TorrcFile } from './torrc-files.ts';

/** Values of one option; null: it shall not be set. */
export type WantedValues = readonly string[] | null;

export interface OptionChange {
  /** As tor spells it. */
  readonly name: string;
  /** Empty when it was not set. */
  readonly before: readonly string[];
  readonly after: WantedValues;
}

export interface TorrcEdit {
  /** The main torrc's new text; the same text when nothing changes. */
  readonly text: string;
  readonly changes: readonly OptionChange[];
  /** What makes the running tor take them up. */
  readonly activation: 'none' | 'reload' | 'restart';
  /** Why a reload is not enough, option by option. */
  readonly restartReasons: readonly string[];
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

/** With the sandbox active tor refuses to change these while it runs, and a SIGHUP that tries ends it (tor 0.4.9, config.c). */
const fixedInSandbox = new Set(['Address', 'ConnLimit']);

const refuse = (code: string, message: string, hint: string): never => {
  throw new DaemonError({ kind: 'config', code, place: 'config', message, hint });
};

const checkName = (name: string): void => {
  const option = findOption(name);
  if (isObsoleteOption(name)) {
    refuse('daemon-obsolete-option', `tor ignores the option ${name}: it was removed`, 'remove it from tearless.yaml');
  }
  if (option === undefined || option.name.toLowerCase() !== name.toLowerCase()) {
    // tor would take abbreviations and aliases too; in a plan a name has one spelling
    const suggestion = option?.name ?? suggestOption(name);
    const hint = suggestion === undefined ? 'look it up in tor(1)' : `did you mean ${suggestion}?`;
    refuse('daemon-unknown-option', `${JSON.stringify(name)} is no option of tor`, hint);
  }
  const why = refusedOptions.get(canonicalName(name));
  if (why !== undefined) {
    refuse('daemon-fixed-option', `Tearless does not change ${canonicalName(name)}: ${why}`, 'change it by hand');
  }
  if (guardedOptions.has(canonicalName(name)) || name.startsWith('_')) {
    const message = `Tearless does not change ${canonicalName(name)}: that is for the host’s administrator`;
    refuse('daemon-guarded-option', message, 'change it by hand on the host');
  }
  if (option?.group === serviceGroup) {
    refuse(
      'daemon-service-option',
      `${option.name} belongs to an onion service, not to a relay`,
      'settings are of relays; leave the options of onion services out of them',
    );
  }
};

const normalized = (name: string, values: readonly string[]): string[] =>
  values.map((value) => {
    try {
      return normalizeValue(name, value);
    } catch {
      // what stands on the host may be anything; it is only compared
      return value;
    }
  });

const sameValues = (name: string, a: readonly string[], b: readonly string[]): boolean => {
  const [left, right] = [normalized(name, a), normalized(name, b)];
  return left.length === right.length && left.every((value, index) => value === right[index]);
};

/** The port of `443`, `127.0.0.1:443 NoAdvertise`, `[::1]:443`; undefined for `auto`, `unix:…` and anything else. */
const portOf = (value: string): number | undefined => {
  const text = /^(?:\[[^\]]*\]:|[^\s:]+:)?(\d{1,5})(?:\s|$)/.exec(value)?.[1];
  return text === undefined ? undefined : Number(text);
};

const restartReason = (change: OptionChange, values: ReadonlyMap<string, readonly string[]>): string | undefined => {
  const { name, before, after } = change;
  if (findOption(name)?.change === 'restart') return `${name} cannot change while tor runs`;
  const sandboxed = values.get('Sandbox')?.at(-1) === '1';
  if (sandboxed && fixedInSandbox.has(name)) return `${name} cannot change while tor runs in its sandbox`;
  const opened = (after ?? []).filter((value) => !before.includes(value));
  const low = name.endsWith('Port')
    ? opened.map(portOf).find((port) => port !== undefined && port > 0 && port < 1024)
    : undefined;
  return low === undefined ? undefined : `${name} ${low} can only be opened before tor gives up root`;
};

/**
 * @param files the instance's main torrc first, then what it includes
 * @param wanted options by name in any spelling; others stay as they are
 * @throws DaemonError (kind `config`) `daemon-unknown-option`, `daemon-obsolete-option`, `daemon-fixed-option`,
 *   `daemon-guarded-option`,
 *   `daemon-service-option`, `daemon-option-once`, `daemon-include-wins`; TorError `torrc-bad-value` and what the parser throws
 */
export const planTorrcEdit = (files: readonly TorrcFile[], wanted: ReadonlyMap<string, WantedValues>): TorrcEdit => {
  const valuesBefore = effectiveValues(files);
  const [main, ...included] = files;
  if (main === undefined) throw new Error('effectiveValues takes no empty list');
  let tree = parseTorrc(main.text);
  const changes: OptionChange[] = [];
  for (const [written, values] of wanted) {
    checkName(written);
    const name = canonicalName(written);
    const after = values === null || values.length === 0 ? null : values;
    for (const value of after ?? []) normalizeValue(name, value);
    if (after?.some((value) => /unix:/i.test(value)) === true) {
      const message = `Tearless opens no unix socket: ${name} ${after.join(', ')}`;
      refuse('daemon-guarded-option', message, 'change it by hand on the host');
    }
    if ((after?.length ?? 0) > 1 && findOption(name)?.repeatable !== true) {
      refuse('daemon-option-once', `${name} has one value, not ${after?.length}`, 'keep the one that shall hold');
    }
    const before = valuesBefore.get(name) ?? [];
    if (sameValues(name, before, after ?? [])) continue;
    changes.push({ name, before, after });
    tree = setOption(tree, name, after ?? []);
  }
  if (changes.length === 0) return { text: main.text, changes, activation: 'none', restartReasons: [] };
  const text = renderTorrc(tree);
  const edited = [{ ...main, text }, ...included];
  const valuesAfter = effectiveValues(edited);
  for (const { name, after } of changes) {
    if (sameValues(name, valuesAfter.get(name) ?? [], after ?? [])) continue;
    const winner = decidingLine(edited, name);
    const where = winner === undefined ? 'an included file' : `${winner.file}:${winner.line}`;
    refuse('daemon-include-wins', `${name} is set by ${where}, which wins over ${main.path}`, `change it in ${where}`);
  }
  const restartReasons = changes.flatMap((change) => restartReason(change, valuesBefore) ?? []);
  return { text, changes, activation: restartReasons.length === 0 ? 'reload' : 'restart', restartReasons };
};
