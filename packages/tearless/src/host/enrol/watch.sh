# Lets a balancer's key follow onion services of this host: a login of its own whose key runs one command, and a sudoers rule
# that names each argument of it. $1 login, $2 public key, $3 size of the helper in bytes, which follows on standard input; then,
# for each service, `INSTANCE ADDRESS` or `INSTANCE ADDRESS PORT`. They come on top of what that login may follow already.
user=$1 key=$2 helper_bytes=$3
shift 3
home=/var/lib/$user
rule="$user ALL=(root:root) NOPASSWD: $helper onion"
make_directories
if ! id -u -- "$user" >/dev/null 2>&1; then
  # A password that nothing matches: only a key lets in. Its home is root's: it cannot let in others.
  useradd --system --no-create-home --home-dir "$home" --user-group --shell /bin/sh --comment 'Tearless balancer' --password '*' -- "$user" ||
    fail "cannot add the user $user"
  changed "added the user $user"
fi
[ "$(getent passwd "$user" | cut -d: -f6)" = "$home" ] || fail "the user $user is somebody else's: the balancer wants a login of its own"

keys=$home/.ssh/authorized_keys
mkdir -p -- "$home/.ssh" || fail "cannot make $home"
# The words that the balancer sends become arguments, and sudo takes those alone that a rule names.
line="restrict,command=\"set -f; exec env LC_ALL=C sudo -n -- $helper onion \$SSH_ORIGINAL_COMMAND\" $key tearless-balancer"
if ! grep -qxF -- "$line" "$keys" 2>/dev/null; then
  printf '%s\n' "$line" >>"$keys" || fail "cannot write $keys"
  changed "let the balancer's key into $keys"
fi

install_helper "$helper_bytes"
install_rule "$user" <<SUDOERS
# Tearless: $user may follow these onion services, and nothing else.
Defaults!$helper env_reset, !requiretty, !use_pty
$({
  grep -F -- "$rule " "/etc/sudoers.d/tearless-$user" 2>/dev/null
  [ $# -eq 0 ] || printf "$rule %s\n" "$@"
} | sort -u)
SUDOERS
