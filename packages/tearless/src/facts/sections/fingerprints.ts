// Nicknames and RSA fingerprints, from the public file `fingerprint` in each data directory. Only lines of that form
// ever leave the host, whatever lies there. Reads f_torrcs.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const fingerprints: Fact = {
  name: 'fingerprints',
  script: `f_directories=$(
  [ -z "\${f_torrcs-}" ] || printf '%s\\n' "$f_torrcs" |
    xargs -d '\\n' grep -shiE '^[[:space:]]*DataDirectory[[:space:]]+' -- |
    sed 's/^[[:space:]]*[^[:space:]]*[[:space:]]*//; s/^"\\([^"]*\\)".*/\\1/; s/[[:space:]]*\\(#.*\\)\\{0,1\\}$//' | grep '^/' | awk '!seen[$0]++'
)
set -- /var/lib/tor/fingerprint /var/lib/tor-instances/*/fingerprint
while IFS= read -r f_path; do
  [ -z "$f_path" ] || set -- "$@" "\${f_path%/}/fingerprint"
done <<END_OF_DIRECTORIES
$f_directories
END_OF_DIRECTORIES
grep -sHaxE -m 1 -D skip -d skip '[A-Za-z0-9]{1,19} [0-9A-F]{40}' -- "$@" | awk '!seen[$0]++'`,
};

export interface Identity {
  readonly nickname: string;
  /** RSA identity, 40 upper-case hexadecimal digits. */
  readonly fingerprint: string;
}

/** `/var/lib/tor-instances/a/fingerprint:Unnamed 0123456789ABCDEF0123456789ABCDEF01234567`, by data directory. */
export const parseFingerprints = (text: string): Map<string, Identity> => {
  const identities = new Map<string, Identity>();
  for (const line of linesOf('fingerprints', text)) {
    const [, directory, nickname, fingerprint] =
      /^(\/.*)\/fingerprint:([A-Za-z0-9]{1,19}) ([0-9A-F]{40})$/.exec(line.text) ?? [];
    if (directory === undefined || nickname === undefined || fingerprint === undefined)
      throw unexpected('fingerprints', line, 'PATH:NICKNAME FINGERPRINT');
    identities.set(directory, { nickname, fingerprint });
  }
  return identities;
};
