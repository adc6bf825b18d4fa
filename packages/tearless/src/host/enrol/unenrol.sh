# Takes back what enrol.sh did. $1 login, $2 public key or nothing, $3 `purge` to take journals, lock and lists too.
user=$1 key=$2 purge=$3
remove_rule "$user"
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
remove_helper
if [ "$purge" = purge ] && [ -d "$state" ]; then
  rm -rf -- "$state" || fail "cannot remove $state"
  changed "removed $state"
elif rmdir -- "$state" 2>/dev/null; then
  changed "removed $state"
fi
