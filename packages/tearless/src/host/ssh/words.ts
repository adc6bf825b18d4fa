// What OpenSSH says on standard error, read into one of our codes. Pure; the test data are its real words.
// These texts are not translated: OpenSSH has no message catalogues.
import type { ErrorKind } from '../../base/error.ts';

export interface SshFailure {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

interface Rule {
  readonly words: RegExp;
  readonly kind: ErrorKind;
  readonly code: string;
  /** What happened, in our words; ssh's own line follows it. */
  readonly says: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

// In this order: ssh says several things, and the first rule that finds its words names the cause.
const rules: readonly Rule[] = [
  {
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY|host key .*has changed|was revoked and you/i,
    kind: 'denied',
    code: 'ssh-host-key-changed',
    says: 'the host shows another key than the one known for it',
    hint: 'someone may stand in between: compare fingerprints on the host itself, then `tearless host add` it again to pin the new key',
  },
  {
    words: /host key is known for .*requested strict checking|Host key verification failed/,
    kind: 'denied',
    code: 'ssh-host-key-unknown',
    says: 'the key of the host is not known here',
    hint: '`tearless host add` shows its fingerprint and pins it',
  },
  {
    words: /Could not resolve hostname/,
    kind: 'unreachable',
    code: 'ssh-name-unknown',
    says: 'its name cannot be resolved',
    hint: 'check the address in tearless.yaml and the resolver of this machine',
  },
  {
    words:
      /Bad configuration option|terminating, \d+ bad configuration|Can't open user config file|Bad owner or permissions on/,
    kind: 'config',
    code: 'ssh-config-bad',
    says: 'ssh does not accept its configuration',
    hint: 'mend the file that it names',
  },
  {
    words: /Permission denied \(|Too many authentication failures|No more authentication methods/,
    kind: 'denied',
    code: 'ssh-key-refused',
    says: 'the host refuses our key',
    hint: 'check the user and the key: `ssh-add -l`, the identity in tearless.yaml, authorized_keys on the host; or run `tearless host add`',
  },
  {
    words: /Unable to negotiate with/,
    kind: 'unreachable',
    code: 'ssh-no-common-algorithm',
    says: 'the two ends share no algorithm',
    hint: 'one of the two is too old: update it',
  },
  {
    words:
      /Connection refused|timed out|No route to host|Network is unreachable|Connection closed by|Connection reset by|kex_exchange_identification|banner exchange|client_loop|Broken pipe|not responding|Host is down|Timeout, server/,
    kind: 'unreachable',
    code: 'ssh-unreachable',
    says: 'it does not answer',
    hint: 'check that it is up, its address and port, and the way there (`ssh` by hand says more)',
    retryable: true,
  },
];

/** ssh's own lines without frames, colons' repetitions and warnings that are no cause. */
const ownWords = (stderr: string, words: RegExp): string | undefined =>
  stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('@@@'))
    .find((line) => words.test(line))
    ?.replace(/^@\s*|\s*@$/g, '');

/** Why ssh ended with 255, from its standard error. */
export const parseSshFailure = (stderr: string): SshFailure => {
  const rule = rules.find(({ words }) => words.test(stderr));
  if (rule === undefined) {
    const last = stderr.trim().split(/\r?\n/).at(-1) ?? '';
    return {
      kind: 'unreachable',
      code: 'ssh-unreachable',
      message: last === '' ? 'ssh ended without a word' : last,
      hint: 'try `ssh` by hand: it says more',
      retryable: true,
    };
  }
  const quoted = ownWords(stderr, rule.words);
  return {
    kind: rule.kind,
    code: rule.code,
    message: quoted === undefined ? rule.says : `${rule.says} (${quoted})`,
    hint: rule.hint,
    retryable: rule.retryable ?? false,
  };
};
