// Tor's version numbers and their order: version-spec, all sections, and the platform line of descriptors.
// Not a semver implementation: four numbers decide, then the status tag as plain bytes.
import { TorError } from './error.ts';

/** A tor version. Absent numbers are 0; `statusTag` is '' for a release. */
export interface TorVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  /** Only versions before 0.1.0 have `pre` or `rc` here; all later ones are `release`, whatever their tag says. */
  readonly status: 'pre' | 'rc' | 'release';
  readonly patchLevel: number;
  /** For example `alpha`, `rc`, `alpha-dev`. */
  readonly statusTag: string;
  /** The parts in parentheses, without them: informational, never compared. */
  readonly extraInfo: readonly string[];
}

const statusOrder = { pre: 0, rc: 1, release: 2 } as const;
const maxNumber = 2 ** 31 - 1;
const pattern = /^(?:tor[ ]+)?(\d+)\.(\d+)(?:\.(\d+)(?:(\.|pre|rc)(\d+))?)?(?:-(\S*))?((?:\s+\([^()\s]*\))*)\s*$/i;

/**
 * Reads a version: `0.4.9.11`, `Tor 0.4.8.1-alpha-dev`, `0.4.9.11 (git-0123456789abcdef)`.
 *
 * @throws TorError `netdoc-bad-version`
 * @see version-spec §1, §2
 * @example
 * parseVersion('0.4.9.11-rc').patchLevel; // 11
 */
export function parseVersion(text: string): TorVersion {
  const match = text.length <= 256 ? pattern.exec(text) : null;
  if (match === null) throw badVersion(text);
  const [, major = '', minor = '', micro = '0', separator = '.', patchLevel = '0', statusTag = '', extra = ''] = match;
  const numbers = [major, minor, micro, patchLevel].map(Number);
  if (numbers.some((number) => number > maxNumber)) throw badVersion(text);
  const [majorNumber = 0, minorNumber = 0, microNumber = 0, patchNumber = 0] = numbers;
  const status = separator.toLowerCase();
  return {
    major: majorNumber,
    minor: minorNumber,
    micro: microNumber,
    status: status === 'pre' || status === 'rc' ? status : 'release',
    patchLevel: patchNumber,
    statusTag,
    extraInfo: Array.from(extra.matchAll(/\(([^()]*)\)/g), (found) => found[1] ?? ''),
  };
}

/**
 * The version named by a descriptor's platform line or by `tor --version`; null when the software is not tor.
 *
 * @throws TorError `netdoc-bad-version` when it says tor, with a version that cannot be read
 * @see dir-spec §2.1.1 "platform"
 * @example
 * parsePlatform('Tor 0.4.9.11 (git-0123abcd) on Linux')?.micro; // 9
 */
export function parsePlatform(platform: string): TorVersion | null {
  const match = /^Tor (?:version )?(\S+(?:\s+\((?:r|git-)[^()\s]*\))?)/.exec(platform);
  const text = match?.[1];
  return text === undefined ? null : parseVersion(text.replace(/\.$/, ''));
}

/** The shortest text that `parseVersion` reads back as the same version. */
export function renderVersion(version: TorVersion): string {
  const { major, minor, micro, status, patchLevel, statusTag, extraInfo } = version;
  const separator = status === 'release' ? '.' : status;
  const tag = statusTag === '' ? '' : `-${statusTag}`;
  const extra = extraInfo.map((info) => ` (${info})`).join('');
  return `${major}.${minor}.${micro}${separator}${patchLevel}${tag}${extra}`;
}

/**
 * Negative when `a` is older than `b`, positive when newer, 0 when they are the same release. A total order on all
 * versions that differ in more than their extra information; fit for `Array.prototype.sort`.
 *
 * @see version-spec §2: numbers first, then the tag "lexically"; so a release sorts before its own `-alpha`, which
 * never happens in practice because the patch level moves with the tag
 */
export function compareVersions(a: TorVersion, b: TorVersion): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.micro - b.micro ||
    statusOrder[a.status] - statusOrder[b.status] ||
    a.patchLevel - b.patchLevel ||
    (a.statusTag < b.statusTag ? -1 : a.statusTag > b.statusTag ? 1 : 0)
  );
}

/** Whether both belong to one release series: the first three numbers agree (version-spec §3). */
export function isSameSeries(a: TorVersion, b: TorVersion): boolean {
  return a.major === b.major && a.minor === b.minor && a.micro === b.micro;
}

export type VersionStatus = 'recommended' | 'new' | 'old' | 'new-in-series' | 'unrecommended' | 'unknown';

/**
 * How a version stands to the recommended ones of a consensus (`server-versions` for relays).
 *
 * @param recommended may be in any order; empty gives `unknown`: the authorities made no recommendation
 * @see version-spec §3
 */
export function versionStatus(version: TorVersion, recommended: readonly TorVersion[]): VersionStatus {
  if (recommended.length === 0) return 'unknown';
  const orders = recommended.map((other) => compareVersions(version, other));
  if (orders.includes(0)) return 'recommended';
  if (orders.every((order) => order > 0)) return 'new';
  if (orders.every((order) => order < 0)) return 'old';
  const inSeries = orders.filter((_, i) => isSameSeries(version, recommended[i] ?? version));
  return inSeries.length > 0 && inSeries.every((order) => order > 0) ? 'new-in-series' : 'unrecommended';
}

function badVersion(text: string): TorError {
  return new TorError(`${JSON.stringify(text.slice(0, 80))} is not a tor version`, {
    kind: 'protocol',
    code: 'netdoc-bad-version',
    place: 'tor',
    hint: 'A tor version looks like 0.4.9.11 or 0.4.9.1-alpha.',
  });
}
