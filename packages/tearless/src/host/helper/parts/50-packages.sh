# Packages: allocators, and tor itself. Whatever a package does when it is installed, no relay stops or starts by it.
check_package() { # NAME
  # A sign at the end would be apt's for the opposite of what was asked.
  case $1 in *[!a-z0-9.+-]* | *[+-] | '') usage ;; esac
  case $1 in
  libmimalloc[0-9-]* | libjemalloc[0-9-]* | libtcmalloc[0-9-]* | tor) ;;
  *) fail 77 "no business with the package $1" ;;
  esac
}
check_library_package() { # NAME
  check_package "$1"
  [ "$1" != tor ] || fail 77 "the package tor is not removed"
}
# Four lines at most: `installed VERSION`, `held`, `candidate VERSION`, `available VERSION…`.
verb_package_show() {
  expect 1 "$@"
  check_package "$1"
  package_state=$(dpkg-query --show --showformat='${db:Status-Want} ${db:Status-Status} ${Version}' -- "$1" 2>/dev/null)
  case $package_state in
  *' installed '*)
    printf 'installed %s\n' "${package_state##* }"
    case $package_state in hold\ *) printf 'held\n' ;; esac
    ;;
  esac
  apt-cache --quiet policy -- "$1" | awk '
    $1 == "Candidate:" && $2 != "(none)" { print "candidate " $2 }
    $1 == "Version" && $2 == "table:" { table = 1; next }
    # A version stands at five columns, or at one with stars before it; its sources stand deeper.
    table && (/^     [^ ]/ || /^ \*\*\* /) { available = available " " ($1 == "***" ? $2 : $1) }
    END { if (available != "") print "available" available }'
}
verb_package_refresh() {
  expect 0 "$@"
  apt_quietly update || fail 79 "apt-get update failed"
}
verb_package_install() {
  expect 2 "$@"
  check_package "$1"
  case $2 in '' | -* | *[!A-Za-z0-9.+:~-]*) usage ;; esac
  # A name that apt does not know would be taken for a pattern.
  apt-cache --quiet policy -- "$1" | grep -qxF "$1:" || fail 66 "no package $1 in the sources of this host"
  without_restarts install --no-remove --allow-downgrades "$1=$2" || fail 79 "apt-get install $1=$2 failed"
}
verb_package_remove() {
  expect 1 "$@"
  check_library_package "$1"
  # Only the package itself may go: what needs it would go with it.
  package_plan=$(apt_quietly --simulate --no-auto-remove remove "$1") || fail 79 "apt-get remove $1 failed"
  package_others=$(printf '%s\n' "$package_plan" | awk -v name="$1" '/^(Remv|Purg|Inst) / && $2 != name { printf "%s ", $2 }')
  [ -z "$package_others" ] || fail 77 "removing $1 would change $package_others"
  without_restarts --no-auto-remove remove "$1" || fail 79 "apt-get remove $1 failed"
}
verb_package_hold() {
  expect 1 "$@"
  check_package "$1"
  apt-mark hold -- "$1" >/dev/null || fail 79 "apt-mark hold $1 failed"
}
verb_package_unhold() {
  expect 1 "$@"
  check_package "$1"
  apt-mark unhold -- "$1" >/dev/null || fail 79 "apt-mark unhold $1 failed"
}

# Asks nothing, keeps configuration files as they are, waits a minute for another that installs, restarts no daemon.
apt_quietly() { # ARGUMENTS…
  set -- apt-get --quiet=2 --assume-yes --no-install-recommends -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef "$@"
  [ -z "$policy_shadow" ] || set -- unshare --mount --propagation private \
    sh -c 'mount --bind "$0" /usr/sbin/policy-rc.d && exec "$@"' "$policy_shadow" "$@"
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true APT_LISTCHANGES_FRONTEND=none \
    NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l UCF_FORCE_CONFFOLD=1 "$@" </dev/null
}
policy_shadow=

# Debian's packages start, stop and restart their daemons through policy-rc.d; ours forbids it for tor while it is needed.
# It forbids nothing once this process is gone, also where a power cut left it behind.
without_restarts() { # ARGUMENTS for apt-get
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ] || grep -q '^# tearless: ' "$policy"; then
    temporary=$policy
    write_policy "$policy"
  else
    # An administrator's own: where it already says no, it stays; else ours stands before it, seen by apt alone.
    "$policy" tor restart >/dev/null 2>&1
    if [ $? -ne 101 ]; then
      mkdir -p -- "$state" || fail 73 "cannot make $state"
      temporary=$state/.policy.$$
      policy_shadow=$temporary
      write_policy "$temporary"
    fi
  fi
  apt_quietly "$@"
}
write_policy() { # FILE
  cat >"$1" <<POLICY || fail 73 "cannot write $1"
#!/bin/sh
# tearless: keeps tor's relays running while process $$ installs a package; without that process it does nothing
kill -0 $$ 2>/dev/null || exit 104
case "\$*" in *tor*) exit 101 ;; esac
exit 104
POLICY
  chmod 755 -- "$1"
}
