# Makes a host ready for Tearless, as root: an ordinary login, the helper, and the sudoers rule for it. Prints one line
# for each thing that it changed; run again it changes only what differs. $1 login, $2 public key, $3 size of the helper
# in bytes, which follows on standard input.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022
user=$1 key=$2 helper_bytes=$3
directory=/usr/local/lib/tearless
helper=$directory/helper
sudoers=/etc/sudoers.d/tearless-$user
state=/var/lib/tearless
temporary=
trap '[ -z "$temporary" ] || rm -f -- "$temporary"' EXIT
fail() {
  printf '%s\n' "$*" >&2
  exit 70
}
changed() { printf '%s\n' "$*"; }

[ "$(id -u)" -eq 0 ] || fail 'this login cannot become root'
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

if ! uid=$(id -u -- "$user" 2>/dev/null); then
  # A password that nothing matches: only a key lets in. Locking the account would make some sshd refuse keys too.
  useradd --create-home --user-group --shell /bin/sh --comment 'Tearless' --password '*' -- "$user" || fail "cannot add the user $user"
  : >"$state/made-user-$user" || fail "cannot write $state"
  uid=$(id -u -- "$user")
  changed "added the user $user"
fi
[ "$uid" -ne 0 ] || fail "$user is root: it needs no helper"

# As the user itself: what lies in its home may lead elsewhere.
home=$(getent passwd "$user" | cut -d: -f6)
said=$(runuser -u "$user" -- sh -u -c '
umask 077
cd -- "$1" && mkdir -p .ssh || exit 1
keys=.ssh/authorized_keys
! grep -qF -- "$2" "$keys" 2>/dev/null || exit 0
[ ! -s "$keys" ] || [ -z "$(tail -c 1 "$keys")" ] || echo >>"$keys"
printf "restrict,port-forwarding %s tearless\n" "$2" >>"$keys" && echo added
' sh "$home" "$key") || fail "cannot write $home/.ssh/authorized_keys"
[ -z "$said" ] || changed "let the key into $home/.ssh/authorized_keys"

temporary=$directory/.helper.$$
head -c "$helper_bytes" >"$temporary" || fail "cannot write $helper"
[ "$(wc -c <"$temporary")" -eq "$helper_bytes" ] || fail 'the helper did not arrive whole'
sh -n "$temporary" || fail 'the helper cannot be read by this shell'
chown root:root "$temporary" && chmod 755 "$temporary" || fail "cannot make $helper root's"
if ! cmp -s "$temporary" "$helper" || [ "$(stat -c '%F:%u:%g:%a' -- "$helper")" != 'regular file:0:0:755' ]; then
  sync -- "$temporary" && mv -fT -- "$temporary" "$helper" || fail "cannot install $helper"
  sync -- "$directory"
  changed "installed $helper"
else
  rm -f -- "$temporary"
fi

# sudo reads no file with a dot in its name, so this one counts only once it is in place.
temporary=/etc/sudoers.d/.tearless.$$
cat >"$temporary" <<SUDOERS || fail 'cannot write sudoers'
# Tearless: $user may run this one helper of fixed verbs as root, and nothing else.
Defaults!$helper env_reset, !requiretty, !use_pty
$user ALL=(root:root) NOPASSWD: $helper ""
SUDOERS
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
sudo -n -l -U "$user" | grep -qF "$helper" || fail "sudo does not read $sudoers: does /etc/sudoers include /etc/sudoers.d?"
