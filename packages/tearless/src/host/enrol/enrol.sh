# Makes a host ready for Tearless: an ordinary login, the helper, and the sudoers rule for it. Run again it changes only what
# differs. $1 login, $2 public key, $3 size of the helper in bytes, which follows on standard input.
user=$1 key=$2
make_directories
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

install_helper "$3"
install_rule "$user" <<SUDOERS
# Tearless: $user may run this one helper of fixed verbs as root, and nothing else.
Defaults!$helper env_reset, !requiretty, !use_pty
$user ALL=(root:root) NOPASSWD: $helper ""
SUDOERS
