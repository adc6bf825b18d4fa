# Takes back what watch.sh did: the rule, the login with its key, and the helper unless another login has a rule for it.
# $1 login.
user=$1
home=/var/lib/$user
remove_rule "$user"
if [ "$(getent passwd "$user" | cut -d: -f6)" = "$home" ]; then
  loginctl terminate-user "$user" 2>/dev/null
  userdel --force -- "$user" 2>/dev/null || fail "cannot remove the user $user"
  rm -rf -- "$home" || fail "cannot remove $home"
  changed "removed the user $user"
fi
remove_helper
! rmdir -- "$state" 2>/dev/null || changed "removed $state"
