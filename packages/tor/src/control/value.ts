// Single values inside replies and events: numbers, times, routers, addresses. control-spec §2.4.
import { protocolError, shown } from './problem.ts';

/** A router as tor names it: by fingerprint, by nickname, mostly by both. */
export interface RouterName {
  /** 40 upper-case hexadecimal digits, without `$`. */
  readonly fingerprint: string | undefined;
  readonly nickname: string | undefined;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Digits only. Counters of bytes can go beyond 2^53 on a relay that runs for years; they are then rounded to the nearest double.
 * @throws TorError `control-bad-number`
 */
export function parseCount(text: string, what: string): number {
  if (!/^\d{1,20}$/.test(text)) throw badNumber(text, what);
  return Number(text);
}

/** @throws TorError `control-bad-number` for anything but a decimal integer that a double holds exactly */
export function parseInteger(text: string, what: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw badNumber(text, what);
  return value;
}

/** @throws TorError `control-bad-number` */
export function parseDecimal(text: string, what: string): number {
  if (!/^-?\d{1,20}(\.\d{1,20})?$/.test(text)) throw badNumber(text, what);
  return Number(text);
}

function badNumber(text: string, what: string) {
  return protocolError('control-bad-number', `${what} is ${shown(text)}, which is no number`);
}

/** `0` or `1`. @throws TorError `control-bad-number` */
export function parseFlag(text: string, what: string): boolean {
  if (text !== '0' && text !== '1') throw badNumber(text, what);
  return text === '1';
}

/**
 * ISOTime, ISOTime2 and ISOTime2Frac, all UTC; below milliseconds is cut off.
 * @throws TorError `control-bad-time`
 */
export function parseTime(text: string, what: string): Date {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?$/.exec(text);
  const time = match ? new Date(`${match[1]}T${match[2]}.${(match[3] ?? '').slice(0, 3).padEnd(3, '0')}Z`) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw protocolError('control-bad-time', `${what} is ${shown(text)}, which is no time`);
  }
  return time;
}

/**
 * ServerSpec: `$FP~Nick`, `$FP=Nick` (before 0.3.1.3), `$FP`, `Nick`.
 * @throws TorError `control-bad-router`
 */
export function parseRouterName(text: string): RouterName {
  const long = /^\$([0-9A-Fa-f]{40})(?:[~=]([A-Za-z0-9]{1,19}))?$/.exec(text);
  if (long) return { fingerprint: long[1]?.toUpperCase(), nickname: long[2] };
  if (/^[A-Za-z0-9]{1,19}$/.test(text)) return { fingerprint: undefined, nickname: text };
  throw protocolError('control-bad-router', `${shown(text)} names no router`);
}

/** `host:port`; the host of IPv6 without brackets. @throws TorError `control-bad-address` */
export function parseHostPort(text: string): HostPort {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const host = match?.[1];
  const port = Number(match?.[2]);
  if (host === undefined || !(port <= 65535)) {
    throw protocolError('control-bad-address', `${shown(text)} is no address with a port`);
  }
  return { host: host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host, port };
}

/** Applies a parser to a value that may be missing. */
export function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

/** Items of a comma-separated list; none for an empty or missing text. */
export function splitList(text: string | undefined, separator = ','): string[] {
  return text === undefined ? [] : text.split(separator).filter((item) => item !== '');
}
