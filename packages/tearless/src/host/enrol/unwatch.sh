# Takes back what watch.sh did: the rule, the login with its key and its connections, and the helper unless another login has a
# rule for it. $1 login.
user=$1
home=/var/lib/$user
remove_rule "$user"
if [ "$(getent passwd "$user" | cut -d: -f6)" = "$home" ]; then
  # First no connection can begin any more, then those that there are end.
  usermod --shell /usr/sbin/nologin -- "$user" || fail "cannot lock the user $user"
  for process in $(find /proc -maxdepth 1 -name '[0-9]*' -user "$user"); do kill -s KILL -- "${process#/proc/}" 2>/dev/null; done
  userdel --force -- "$user" 2>/dev/null || fail "cannot remove the user $user"
  rm -rf -- "$home" || fail "cannot remove $home"
  changed "removed the user $user"
fi
remove_helper
! rmdir -- "$state" 2>/dev/null || changed "removed $state"
