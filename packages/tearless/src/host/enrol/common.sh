# What the scripts of this folder share; each comes after it. They run as root on a host and print one line for each thing that
# they changed.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022
directory=/usr/local/lib/tearless
helper=$directory/helper
state=/var/lib/tearless
temporary=
trap '[ -z "$temporary" ] || rm -f -- "$temporary"' EXIT
fail() {
  printf '%s\n' "$*" >&2
  exit 70
}
changed() { printf '%s\n' "$*"; }
[ "$(id -u)" -eq 0 ] || fail 'this login cannot become root'

make_directories() {
  command -v visudo >/dev/null && command -v sudo >/dev/null || {
    echo 'sudo is not installed' >&2
    exit 72
  }
  # Whoever can change these can change the helper.
  for above in / /usr /usr/local /usr/local/lib /etc /etc/sudoers.d /var /var/lib; do
    [ -d "$above" ] || continue
    case $(stat -L -c '%u:%a' -- "$above") in
    0:*[2367] | 0:*[2367]? | [!0]* | 0[0-9]*) fail "$above can be changed by others than root: take that right away first (chmod go-w $above)" ;;
    esac
  done
  mkdir -p -- "$directory" && mkdir -p -m 700 -- "$state" || fail 'cannot make directories'
}

# From standard input.
install_helper() { # BYTES
  temporary=$directory/.helper.$$
  head -c "$1" >"$temporary" || fail "cannot write $helper"
  [ "$(wc -c <"$temporary")" -eq "$1" ] || fail 'the helper did not arrive whole'
  sh -n "$temporary" || fail 'the helper cannot be read by this shell'
  chown root:root "$temporary" && chmod 755 "$temporary" || fail "cannot make $helper root's"
  if ! cmp -s "$temporary" "$helper" || [ "$(stat -c '%F:%u:%g:%a' -- "$helper")" != 'regular file:0:0:755' ]; then
    sync -- "$temporary" && mv -fT -- "$temporary" "$helper" || fail "cannot install $helper"
    sync -- "$directory"
    changed "installed $helper"
  else
    rm -f -- "$temporary"
  fi
  temporary=
}

# From standard input.
install_rule() { # LOGIN
  sudoers=/etc/sudoers.d/tearless-$1
  # sudo reads no file with a dot in its name, so this one counts only once it is in place.
  temporary=/etc/sudoers.d/.tearless.$$
  cat >"$temporary" || fail 'cannot write sudoers'
  chmod 440 "$temporary"
  visudo -cqf "$temporary" || fail 'visudo refuses the rule'
  if ! cmp -s "$temporary" "$sudoers"; then
    sync -- "$temporary" && mv -fT -- "$temporary" "$sudoers" || fail "cannot install $sudoers"
    sync -- /etc/sudoers.d
    changed "wrote $sudoers"
  else
    rm -f -- "$temporary"
  fi
  temporary=
  sudo -n -l -U "$1" | grep -qF "$helper" || fail "sudo does not read $sudoers: does /etc/sudoers include /etc/sudoers.d?"
}

remove_rule() { # LOGIN
  [ -e "/etc/sudoers.d/tearless-$1" ] || return 0
  rm -f -- "/etc/sudoers.d/tearless-$1" || fail 'cannot remove the sudoers rule'
  changed "removed /etc/sudoers.d/tearless-$1"
}

# Unless another login has a rule for it.
remove_helper() {
  set -- /etc/sudoers.d/tearless-*
  [ ! -e "$1" ] && [ -e "$helper" ] || return 0
  rm -f -- "$helper" || fail "cannot remove $helper"
  rmdir -- "$directory" 2>/dev/null
  changed "removed $helper"
}
