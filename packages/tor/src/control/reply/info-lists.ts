// Values of GETINFO that are lists of their own kind. control-spec §3.9.
import { parseArguments } from '../arguments.ts';
import { optional, parseCount, parseRouterName, parseTime, type RouterName } from '../value.ts';
import { infoLines } from './getinfo.ts';

export interface EntryGuard {
  readonly router: RouterName;
  readonly status: 'up' | 'never-connected' | 'down' | 'unusable' | 'unlisted' | (string & {});
  /** Since when it is not usable. */
  readonly since: Date | undefined;
}

// $0FD1EE6E75E87FC5224160D3BD7C9517C36F7E91~relay2 up
// $76E3F418A133BF7A780BC583454617F9B5BC90BB~relay3 unusable 2026-11-20 00:12:34
/** @throws TorError kind `protocol` */
export function parseEntryGuards(value: string): EntryGuard[] {
  return infoLines(value).map((line) => {
    const [router = '', status = '', day, time] = parseArguments(line, 2).positional;
    // Without VERBOSE_NAMES the fingerprint comes without its dollar sign.
    const name = /^[0-9A-Fa-f]{40}$/.test(router) ? `$${router}` : router;
    return {
      router: parseRouterName(name),
      status,
      since: optional(time, (time) => parseTime(`${day} ${time}`, 'the time')),
    };
  });
}

export interface AddressMapping {
  readonly from: string;
  readonly to: string;
  /** UTC; undefined for never. */
  readonly expires: Date | undefined;
}

// 1.2.3.4 torproject.org NEVER
// www.example.com 192.0.2.7 "2026-11-20 23:14:02"
/** @throws TorError kind `protocol` */
export function parseAddressMappings(value: string): AddressMapping[] {
  return infoLines(value.replaceAll('\r', '')).map((line) => {
    const [from = '', to = '', expiry = ''] = parseArguments(line, 3).positional;
    return { from, to, expires: expiry === 'NEVER' ? undefined : parseTime(expiry, 'the expiry') };
  });
}

export interface BandwidthSecond {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

// 512,1024 0,0 12062,11426
/** Oldest first, one a second. @throws TorError kind `protocol` */
export function parseBandwidthCache(value: string): BandwidthSecond[] {
  return value
    .split(' ')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [read = '', written = ''] = pair.split(',');
      return { readBytes: parseCount(read, 'read'), writtenBytes: parseCount(written, 'written') };
    });
}
