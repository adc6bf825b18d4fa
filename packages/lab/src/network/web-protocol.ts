// What the private network's web server and its clients say to each other: the request line, the PROXY line that tor
// writes in front of an onion connection, and the reports of the server. Pure.

export type WebRequest = { id: string; totalBytes: number; bytesPerSecond: number };

/** @example renderPath({ id: 'r7', totalBytes: 2000, bytesPerSecond: 0 }) // '/r7?bytes=2000&rate=0' */
export const renderPath = ({ id, totalBytes, bytesPerSecond }: WebRequest): string =>
  `/${encodeURIComponent(id)}?bytes=${totalBytes}&rate=${bytesPerSecond}`;

/** Parses the head of a request; undefined when it is none of ours. A rate of 0 means as fast as it goes. */
export const parseRequestHead = (head: string): WebRequest | undefined => {
  const match = /^GET \/([^ ?/]{1,200})\?bytes=(\d{1,12})&rate=(\d{1,9}) HTTP\/1\.1\r\n/.exec(head);
  const [, id, totalBytes, rate] = match ?? [];
  if (id === undefined || totalBytes === undefined || rate === undefined) return undefined;
  try {
    return { id: decodeURIComponent(id), totalBytes: Number(totalBytes), bytesPerSecond: Number(rate) };
  } catch {
    return undefined; // a broken % sequence
  }
};

/**
 * Parses tor's PROXY line (`HiddenServiceExportCircuitID haproxy`): the low 32 bits of the source address are the service's
 * circuit id, in hexadecimal.
 * ```
 * PROXY TCP6 fc00:dead:beef:4dad::0:29 ::1 65535 42\r\n
 * ```
 */
export const parseProxyLine = (line: string): { circuitId: string } | undefined => {
  const match = /^PROXY TCP6 fc00:dead:beef:4dad::([0-9a-f]{1,4}):([0-9a-f]{1,4}) ::1 \d+ \d+$/i.exec(line);
  const [, high, low] = match ?? [];
  if (high === undefined || low === undefined) return undefined;
  return { circuitId: String(Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)) };
};

/** A line of the server's reports. `circuitId` is that of the onion service's half, absent for connections from exits. */
export type WebReport =
  | { event: 'request'; id: string; circuitId?: string }
  | { event: 'sent'; id: string }
  | { event: 'broken'; id: string };

export const renderReport = (report: WebReport): string => `${JSON.stringify(report)}\n`;

/** @throws TypeError for a line that is no report */
export const parseReport = (line: string): WebReport => {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('event' in value) || !('id' in value)) {
    throw new TypeError(`not a report: ${line}`);
  }
  const { event, id } = value;
  if (typeof id !== 'string') throw new TypeError(`not a report: ${line}`);
  if (event === 'sent' || event === 'broken') return { event, id };
  if (event !== 'request') throw new TypeError(`not a report: ${line}`);
  if (!('circuitId' in value)) return { event, id };
  if (typeof value.circuitId !== 'string') throw new TypeError(`not a report: ${line}`);
  return { event, id, circuitId: value.circuitId };
};
