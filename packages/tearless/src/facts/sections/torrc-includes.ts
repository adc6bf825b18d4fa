// Which files each torrc includes (tor(1), %include): found on the host, since only there wildcards can be expanded.
// Reads f_shown; leaves f_torrcs. A torrc can name any file, and whoever may write one could so read that file: an
// included one outside /etc/tor is only read where nobody (user 65534) can, and what looks like a key never.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const torrcIncludes: Fact = {
  name: 'torrc-includes',
  // Tor follows 31 levels (MAX_INCLUDE_RECURSION_LEVEL); a folder gives its files, never those of its subfolders;
  // names that begin with a dot are left out, and so they are by the shell.
  script: `f_torrcs=
f_queue=
f_tab=$(printf '\\t')
f_add_torrc() {
  [ -f "$1" ] || return 0
  case $f_nl$f_torrcs$f_nl in *"$f_nl$1$f_nl"*) return 0 ;; esac
  f_torrcs=$f_torrcs\${f_torrcs:+$f_nl}$1
  f_queue=$f_queue\${f_queue:+$f_nl}$1
}
f_include() {
  f_state=withheld
  case $2 in
    *"$f_nl"* | /proc/* | /sys/* | /dev/* | */keys/* | */hs_ed25519_* | */authorized_clients/*) ;;
    *[Ss]ecret* | *_key | *.key | *cookie* | *.auth | *.auth_private) ;;
    *)
      case $2 in
        */../*) ;;
        /etc/tor/*) [ -h "$2" ] || f_state=read ;;
      esac
      [ "$f_state" = read ] ||
        ! setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- test -r "$2" || f_state=read
      ;;
  esac
  printf '%s\\t%s\\t%s\\n' "$f_state" "$1" "$2"
  [ "$f_state" = withheld ] || f_add_torrc "$2"
}
for f_path in /etc/tor/torrc /etc/tor/instances/*/torrc; do
  case $f_path in *"$f_nl"*) ;; *) f_add_torrc "$f_path" ;; esac
done
while IFS= read -r f_path; do
  f_add_torrc "$f_path"
done <<END_OF_PATHS
$(printf '%s\\n' "\${f_shown-}" | sed -n 'h; s/^ExecStart=.* -f \\(\\/[^ ;]*\\).*/\\1/p; g; s/^ExecStart=.* --defaults-torrc \\(\\/[^ ;]*\\).*/\\1/p')
END_OF_PATHS
f_level=0
while [ -n "$f_queue" ] && [ "$f_level" -lt 31 ]; do
  f_level=$((f_level + 1))
  f_found=$(printf '%s\\n' "$f_queue" | xargs -d '\\n' awk '
    /^[ \\t]*%include[ \\t]/ {
      value = $0
      sub(/^[ \\t]*%include[ \\t]+/, "", value)
      if (value ~ /^"/) { sub(/^"/, "", value); sub(/".*$/, "", value) }
      else { sub(/#.*$/, "", value); sub(/[ \\t\\r]+$/, "", value) }
      if (value !~ /^\\//) value = "/" value
      print FILENAME "\\t" value
    }')
  f_queue=
  [ -n "$f_found" ] || break
  while IFS=$f_tab read -r f_from f_pattern; do
    IFS=
    for f_match in $f_pattern; do
      if [ -d "$f_match" ]; then
        for f_path in "\${f_match%/}"/*; do
          [ ! -f "$f_path" ] || f_include "$f_from" "$f_path"
        done
      elif [ -f "$f_match" ]; then
        f_include "$f_from" "$f_match"
      fi
    done
    unset IFS
  done <<END_OF_INCLUDES
$f_found
END_OF_INCLUDES
done`,
};

export interface TorrcInclude {
  readonly from: string;
  readonly path: string;
  /** False for a file that facts do not open. */
  readonly read: boolean;
}

/** `read\t/etc/tor/instances/a/torrc\t/etc/tor/torrc.d/common`, in the order in which each file includes. */
export const parseTorrcIncludes = (text: string): TorrcInclude[] =>
  linesOf('torrc-includes', text).map((line) => {
    const [, state, from, path] = /^(read|withheld)\t(\/[^\t]*)\t(\/.*)$/.exec(line.text) ?? [];
    if (from === undefined || path === undefined) throw unexpected('torrc-includes', line, 'STATE FROM PATH');
    return { from, path, read: state === 'read' };
  });
