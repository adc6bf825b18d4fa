# Takes back what enrol.sh did, as root; prints one line for each thing that it changed. $1 login, $2 public key or
# nothing, $3 `purge` to take journals, lock and lists too.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
user=$1 key=$2 purge=$3
directory=/usr/local/lib/tearless
state=/var/lib/tearless
fail() {
  printf '%s\n' "$*" >&2
  exit 70
}
changed() { printf '%s\n' "$*"; }
[ "$(id -u)" -eq 0 ] || fail 'this login cannot become root'

if [ -e "/etc/sudoers.d/tearless-$user" ]; then
  rm -f -- "/etc/sudoers.d/tearless-$user" || fail 'cannot remove the sudoers rule'
  changed "removed /etc/sudoers.d/tearless-$user"
fi
if [ -e "$state/made-user-$user" ]; then
  loginctl terminate-user "$user" 2>/dev/null
  ! id -u -- "$user" >/dev/null 2>&1 || userdel --force --remove -- "$user" 2>/dev/null || fail "cannot remove the user $user"
  rm -f -- "$state/made-user-$user"
  changed "removed the user $user"
elif [ -n "$key" ] && home=$(getent passwd "$user" | cut -d: -f6) && [ -n "$home" ]; then
  said=$(runuser -u "$user" -- sh -u -c '
keys=$1/.ssh/authorized_keys
line="restrict,port-forwarding $2 tearless"
grep -qxF -- "$line" "$keys" 2>/dev/null || exit 0
left=$(grep -vxF -- "$line" "$keys"; echo .)
printf %s "${left%.}" >"$keys" && echo removed
' sh "$home" "$key") || fail "cannot write $home/.ssh/authorized_keys"
  [ -z "$said" ] || changed "took the key out of $home/.ssh/authorized_keys"
fi
# Others may be enrolled with a login of their own.
set -- /etc/sudoers.d/tearless-*
if [ ! -e "$1" ] && [ -e "$directory/helper" ]; then
  rm -f -- "$directory/helper" || fail "cannot remove $directory/helper"
  rmdir -- "$directory" 2>/dev/null
  changed "removed $directory/helper"
fi
if [ "$purge" = purge ] && [ -d "$state" ]; then
  rm -rf -- "$state" || fail "cannot remove $state"
  changed "removed $state"
elif rmdir -- "$state" 2>/dev/null; then
  changed "removed $state"
fi
