// The script that reads all facts of a host in one go: the snippets of sections/, each between boundaries that carry a
// nonce. What a file on the host says cannot end a section, since nobody there knew the nonce when it was written.
import { clock } from './sections/clock.ts';
import type { Fact } from './sections/fact.ts';
import { kernel } from './sections/kernel.ts';
import { os } from './sections/os.ts';

/** In the order in which they run: some use what earlier ones found. */
export const facts: readonly Fact[] = [clock, os, kernel];

const functionName = (name: string): string => `fact_${name.replaceAll('-', '_')}`;

/**
 * Body of a POSIX sh function whose first argument is the nonce (32 hexadecimal digits). Reads only, needs root, uses
 * no standard input, never exits the shell; works under `set -eu` and without. Section framing: see sections.ts.
 */
export const factsScript: string = `
case \${1-} in
  *[!0-9a-f]*) f_nonce= ;;
  *) f_nonce=\${1-} ;;
esac
if [ "\${#f_nonce}" -ne 32 ]; then
  echo "facts: the first argument must be 32 hexadecimal digits" >&2
  return 2
fi
LC_ALL=C TZ=UTC0 SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat
export LC_ALL TZ SYSTEMD_COLORS SYSTEMD_PAGER
f_nl='
'
${facts.map((fact) => `${functionName(fact.name)}() {\n${fact.script}\n}`).join('\n')}
f_section() {
  printf '%s begin %s\\n' "$f_nonce" "$1"
  f_status=0
  "$2" </dev/null || f_status=$?
  printf '\\n%s end %s %s\\n' "$f_nonce" "$1" "$f_status"
}
${facts.map((fact) => `f_section ${fact.name} ${functionName(fact.name)}`).join('\n')}
printf '%s done\\n' "$f_nonce"
`;
