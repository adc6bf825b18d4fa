// Times as files write them: with a zone, without one, or as seconds since 1970. Those without are read in a zone that is handed in.

const pattern =
  /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2100, 0, 1);
const hourMs = 3_600_000;

const dayMs = (year: number, month: number, day: number): number => {
  const atMs = Date.UTC(year, month - 1, day);
  const date = new Date(atMs);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? atMs : Number.NaN;
};

const offsetOf = (zone: string): number => {
  if (/^[A-Z]/i.test(zone)) return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
};

/**
 * What must be added to UTC for the local time of a zone.
 * @param timeZone a name of the IANA database; see `isTimeZone`
 */
export const createZone = (timeZone: string): ((utcMs: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const byQuarter = new Map<number, number>();
  return (utcMs) => {
    // Offsets change at whole quarters of an hour.
    const quarter = Math.floor(utcMs / (hourMs / 4));
    const known = byQuarter.get(quarter);
    if (known !== undefined) return known;
    const startMs = (quarter * hourMs) / 4;
    const parts = Object.fromEntries(format.formatToParts(startMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - startMs;
    byQuarter.set(quarter, offset);
    return offset;
  };
};

export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** Reads times one after the other; most are like the one before. */
export class InstantReader {
  /** Whether the time read last was written with a zone. */
  zoned = false;
  #day = '';
  #dayMs = Number.NaN;
  readonly #offsetAt: ((utcMs: number) => number) | undefined;

  /** @param timeZone where times without a zone are local; else they are taken as UTC */
  constructor(timeZone?: string) {
    this.#offsetAt = timeZone === undefined || timeZone === 'UTC' ? undefined : createZone(timeZone);
  }

  /** Of a local time that occurs twice the first is meant. */
  #toUtc(localMs: number): number {
    const offsetAt = this.#offsetAt;
    if (offsetAt === undefined) return localMs;
    const before = localMs - offsetAt(localMs - 24 * hourMs);
    if (before + offsetAt(before) === localMs) return before;
    return localMs - offsetAt(localMs + 24 * hourMs);
  }

  #readPlain(text: string): number {
    // 2025-12-26T08:39:37
    const day = text.slice(0, 10);
    if (day !== this.#day) {
      const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
      this.#dayMs = match === null ? Number.NaN : dayMs(Number(match[1]), Number(match[2]), Number(match[3]));
      this.#day = day;
    }
    const digit = (at: number): number => {
      const code = text.charCodeAt(at) - 48;
      return code >= 0 && code <= 9 ? code : Number.NaN;
    };
    const separator = text.charCodeAt(10);
    if ((separator !== 84 && separator !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
      return Number.NaN;
    const hour = digit(11) * 10 + digit(12);
    const minute = digit(14) * 10 + digit(15);
    const second = digit(17) * 10 + digit(18);
    if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
    return this.#dayMs + ((hour * 60 + minute) * 60 + second) * 1000;
  }

  #readAny(text: string): number {
    if (/^\d{10}(\.\d+)?$/.test(text)) {
      this.zoned = true;
      return Math.floor(Number(text) * 1000);
    }
    if (/^\d{13}$/.test(text)) {
      this.zoned = true;
      return Number(text);
    }
    const match = pattern.exec(text);
    if (match === null) return Number.NaN;
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN;
    const local =
      dayMs(Number(year), Number(month), Number(day)) +
      ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 +
      Number(fraction.padEnd(3, '0').slice(0, 3));
    this.zoned = zone !== undefined;
    return zone === undefined ? this.#toUtc(local) : local - offsetOf(zone);
  }

  /** @returns milliseconds since 1970-01-01 UTC; NaN for what is no time, or none from 2000 to 2099 */
  read(text: string): number {
    this.zoned = false;
    const plain = text.length === 19 ? this.#readPlain(text) : Number.NaN;
    const atMs = Number.isNaN(plain) ? this.#readAny(text.trim()) : this.#toUtc(plain);
    return atMs >= earliest && atMs < latest ? atMs : Number.NaN;
  }
}
