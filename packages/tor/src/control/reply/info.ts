// What the values of GETINFO mean: one parser a key. control-spec §3.9. Documents stay text; netdoc reads them.
import { type Circuit, parseCircuit } from '../event/circ.ts';
import { type OrConn, parseOrConnLine } from '../event/orconn.ts';
import { parseBootstrapPhase } from '../event/status.ts';
import { parseStreamLine, type Stream } from '../event/stream.ts';
import { protocolError, shown } from '../problem.ts';
import { readCString } from '../quoted.ts';
import { parseCount, parseFlag, parseInteger, parseTime, splitList } from '../value.ts';
import { infoLines } from './getinfo.ts';
import { parseAddressMappings, parseBandwidthCache, parseEntryGuards } from './info-lists.ts';

const count = (value: string) => parseCount(value, 'the value');
const integer = (value: string) => parseInteger(value, 'the value');
const flag = (value: string) => parseFlag(value, 'the value');
const time = (value: string) => parseTime(value, 'the value');
const timeOrNone = (value: string): Date | undefined => (value === '' ? undefined : time(value));
const text = (value: string) => value;
const words = (value: string) => splitList(value, ' ');

/** Parsers by key: `infoParsers['process/pid']('123')` is 123. They throw TorError kind `protocol`. */
export const infoParsers = {
  'address-mappings/all': parseAddressMappings,
  'address-mappings/cache': parseAddressMappings,
  'address-mappings/config': parseAddressMappings,
  'address-mappings/control': parseAddressMappings,
  'bw-event-cache': parseBandwidthCache,
  'circuit-status': (value: string): Circuit[] => infoLines(value).map(parseCircuit),
  'config-can-saveconf': flag,
  'config-file': text,
  'config-text': text,
  /** Undefined without a consensus. */
  'consensus/fresh-until': timeOrNone,
  'consensus/valid-after': timeOrNone,
  'consensus/valid-until': timeOrNone,
  'current-time/utc': time,
  dormant: (value: string): boolean => count(value) !== 0,
  'entry-guards': parseEntryGuards,
  'events/names': words,
  fingerprint: parseFingerprint,
  'limits/max-mem-in-queues': count,
  'net/listeners/control': parseListeners,
  'net/listeners/dir': parseListeners,
  'net/listeners/dns': parseListeners,
  'net/listeners/extor': parseListeners,
  'net/listeners/httptunnel': parseListeners,
  'net/listeners/metrics': parseListeners,
  'net/listeners/natd': parseListeners,
  'net/listeners/or': parseListeners,
  'net/listeners/socks': parseListeners,
  'net/listeners/trans': parseListeners,
  'network-liveness': (value: string): boolean => value === 'up',
  'onions/current': infoLines,
  'onions/detached': infoLines,
  'orconn-status': (value: string): OrConn[] => infoLines(value).map(parseOrConnLine),
  /** -1 when tor does not know. */
  'process/descriptor-limit': integer,
  'process/pid': count,
  /** -1 when tor does not know. */
  'process/uid': integer,
  'process/user': text,
  'signal/names': words,
  'status/bootstrap-phase': parseBootstrapPhase,
  'status/circuit-established': flag,
  'status/enough-dir-info': flag,
  'status/reachability-succeeded/dir': flag,
  'status/reachability-succeeded/or': flag,
  'stream-status': (value: string): Stream[] => infoLines(value).map(parseStreamLine),
  'traffic/read': count,
  'traffic/written': count,
  /** Seconds. */
  uptime: count,
  version: parseInfoVersion,
} as const satisfies Record<string, (value: string) => unknown>;

export type InfoKey = keyof typeof infoParsers;

export type InfoValue<K extends InfoKey> = ReturnType<(typeof infoParsers)[K]>;

/** The value of a key, typed. @throws TorError kind `protocol` */
export function parseInfo<K extends InfoKey>(key: K, value: string): InfoValue<K> {
  return infoParsers[key](value) as InfoValue<K>;
}

// Tor 0.4.8.9 (git-aabbccddeeff0011)
/** The bare version: `0.4.8.9`, `0.4.10.1-alpha-dev`. */
function parseInfoVersion(value: string): string {
  const version = /^(?:Tor )?(\S+)/.exec(value)?.[1];
  if (version === undefined) throw protocolError('control-bad-value', 'version is empty');
  return version;
}

// AE4C26F9F5A34F73B883826BD97731FDAE0D7B06
function parseFingerprint(value: string): string {
  if (!/^[0-9A-F]{40}$/.test(value)) {
    throw protocolError('control-bad-value', `fingerprint is ${shown(value)}, which is no fingerprint`);
  }
  return value;
}

// "127.0.0.1:9050" "unix:/run/tor/socks" "[::1]:9050"
function parseListeners(value: string): string[] {
  const listeners: string[] = [];
  for (let at = 0; at < value.length; ) {
    const { value: listener, end } = readCString(value, at);
    listeners.push(listener);
    at = value[end] === ' ' ? end + 1 : end;
  }
  return listeners;
}
