// How the helper says what went wrong: its exit statuses, and the error each becomes. 1 is sudo's, 126 and 127 the shell's.
import type { ErrorKind } from '../../base/error.ts';
import { HostError, lastLines } from '../host-error.ts';

interface Meaning {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint?: string;
  readonly retryable?: boolean;
}

/** A drop-in of a tor instance names a file that would go; stdout says which, `UNIT DROP-IN NAME` a line. */
export const inUseStatus = 72;

/** The shell is from before the lock was taken: a new one serves the request. */
export const fencedStatus = 67;

/** The helper is of another version than its caller. */
export const outdatedStatus = 76;

const meanings: Readonly<Record<number, Meaning>> = {
  64: { kind: 'bug', code: 'host-request-bad' },
  65: {
    kind: 'refused',
    code: 'host-content-refused',
    hint: 'the helper lets only harmless settings through; an administrator of the host can make this change by hand',
  },
  66: { kind: 'not-found', code: 'host-not-found' },
  [fencedStatus]: {
    kind: 'unreachable',
    code: 'host-fenced',
    retryable: true,
    hint: 'another process takes this host’s lock again and again: look at `tearless run ls --hosts`',
  },
  68: {
    kind: 'refused',
    code: 'host-package-conflict',
    hint: 'name a version that the host can have (`apt-cache policy` there lists them; `apt-get update` first where the list is old), or mend what is in the way',
  },
  69: {
    kind: 'refused',
    code: 'host-live-untrusted',
    hint: "'tearless live key ls' shows whom the host trusts; 'tearless live key trust' changes that, but the first of a host its administrator puts into /var/lib/tearless/live/signers: the line that '… trust --detail' shows",
  },
  70: { kind: 'failed', code: 'host-helper-failed' },
  71: { kind: 'refused', code: 'host-state-changed' },
  [inUseStatus]: { kind: 'refused', code: 'host-package-in-use' },
  73: { kind: 'failed', code: 'host-write-failed' },
  74: { kind: 'unreachable', code: 'host-input-cut', retryable: true, hint: 'nothing was changed: try again' },
  75: { kind: 'locked', code: 'host-locked' },
  [outdatedStatus]: {
    kind: 'denied',
    code: 'host-helper-outdated',
    hint: 'run `tearless host add` for it again: that replaces the helper and changes nothing else',
  },
  77: {
    kind: 'refused',
    code: 'host-path-refused',
    hint: 'the helper has no business there; an administrator of the host can look at why',
  },
  78: { kind: 'bug', code: 'host-verb-unknown' },
  79: { kind: 'failed', code: 'host-command-failed' },
};

const diskFull: Meaning = {
  kind: 'failed',
  code: 'host-disk-full',
  hint: 'free space on the host, then resume; what stood there before is untouched',
};

const helperMissing: Meaning = {
  kind: 'denied',
  code: 'host-helper-missing',
  hint: 'run `tearless host add` for it with a login that may become root',
};

const sudoRefused: Meaning = {
  kind: 'denied',
  code: 'host-sudo-refused',
  hint: 'run `tearless host add` for it again, or see /etc/sudoers.d/tearless on the host: the login may run the helper only with it',
};

/** The meaning of what sudo, env or the shell said instead of the helper. */
const meaningOfForeign = (exitCode: number, stderr: string): Meaning => {
  if (/sudo: \S*helper: command not found/.test(stderr)) return helperMissing;
  if (/sudo: unable to execute \S*helper/.test(stderr)) return helperMissing;
  if (exitCode === 1) return sudoRefused;
  if (exitCode === 127 && /\bsudo\b/.test(stderr))
    return {
      kind: 'denied',
      code: 'host-sudo-missing',
      hint: 'install the package sudo on the host, or log in as root',
    };
  return { kind: 'failed', code: 'host-helper-failed' };
};

export interface PackageUse {
  readonly unit: string;
  readonly dropIn: string;
  /** As the drop-in names it. */
  readonly library: string;
}

/** What a refusal with `inUseStatus` wrote to its standard output. */
export const parsePackageUses = (stdout: Uint8Array): PackageUse[] =>
  new TextDecoder()
    .decode(stdout)
    .split('\n')
    .flatMap((line) => {
      const [unit, dropIn, library] = line.split(' ');
      return unit === undefined || dropIn === undefined || library === undefined ? [] : [{ unit, dropIn, library }];
    });

const hintOfUses = (uses: readonly PackageUse[]): string => {
  const units = [...new Set(uses.map(({ unit }) => unit))].join(', ');
  const dropIns = [...new Set(uses.map(({ dropIn }) => dropIn))].join(', ');
  return `undo the later runs that changed ${units} first, or take the library out of ${dropIns}`;
};

export interface HelperFailure {
  readonly host: string;
  /** `write /etc/tor/torrc` */
  readonly what: string;
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** The error for a helper's call that ended with another status than 0. */
export const helperError = ({ host, what, exitCode, stdout, stderr }: HelperFailure): HostError => {
  const known = meanings[exitCode];
  const meaning =
    known === undefined
      ? meaningOfForeign(exitCode, stderr)
      : known.kind === 'failed' && /No space left on device/.test(stderr)
        ? diskFull
        : known;
  const lines = lastLines(stderr);
  // The helper's own words come last, after those of the commands it ran.
  const said = lines.at(-1)?.replace(/^(tearless-helper|sudo): /, '');
  const [, theirs, ours] = /^this is version (\w+), asked for was (\w+)$/.exec(said ?? '') ?? [];
  const words = theirs === undefined ? said : `the helper there has version ${theirs}, this Tearless needs ${ours}`;
  return new HostError({
    ...meaning,
    ...(exitCode === inUseStatus ? { hint: hintOfUses(parsePackageUses(stdout)) } : {}),
    message: `${host}: ${what}: ${words ?? `ended with status ${exitCode}`}`,
    subject: host,
    exitCode,
    lines,
    stdout,
  });
};
