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
# `installed VERSION` or, where dpkg was cut off, `broken STATUS VERSION`; `held`; `automatic`; `candidate VERSION`;
# `available VERSION…`; `awaited DROP-IN` for each that names a library which is not there.
verb_package_show() {
  expect 1 "$@"
  check_package "$1"
  read_package "$1"
  case $package_status in
  '') ;;
  installed) printf 'installed %s\n' "$package_version" ;;
  *) printf 'broken %s %s\n' "$package_status" "$package_version" ;;
  esac
  if [ -n "$package_status" ]; then
    [ "$package_want" != hold ] || printf 'held\n'
    package_automatic=$(apt-mark showauto -- "$1") || fail 79 "apt-mark showauto $1 failed"
    [ -z "$package_automatic" ] || printf 'automatic\n'
  fi
  apt-cache --quiet policy -- "$1" | awk '
    $1 == "Candidate:" && $2 != "(none)" { print "candidate " $2 }
    $1 == "Version" && $2 == "table:" { table = 1; next }
    # A version stands at five columns, or at one with stars before it; its sources stand deeper.
    table && (/^     [^ ]/ || /^ \*\*\* /) { available = available " " ($1 == "***" ? $2 : $1) }
    END { if (available != "") print "available" available }'
  named=$(named_libraries) || exit
  printf '%s\n' "$named" | sed -n 's|^/[^ ]* - ||p' | sort -u | while IFS= read -r awaiting_drop_in; do
    class_of "$awaiting_drop_in"
    [ "$class" != drop-in ] || printf 'awaited %s\n' "$awaiting_drop_in"
  done
}
# Sets package_{want,status,version}; the status is empty where nothing of the package is there.
read_package() { # NAME
  package_want='' package_status='' package_version=''
  IFS=' ' read -r package_want package_status package_version <<STATE
$(dpkg-query --show --showformat='${db:Status-Want} ${db:Status-Status} ${Version}\n' -- "$1" 2>/dev/null)
STATE
  case $package_status in not-installed | config-files) package_status='' package_version='' ;; esac
}
verb_package_refresh() {
  expect 0 "$@"
  apt_quietly update || fail 79 "apt-get update failed"
}
# Whether package-install or package-remove, asked the same, would be let through: changes nothing. A hold does not count.
verb_package_check() {
  [ $# -ge 2 ] || usage
  checked_verb=$1
  shift
  case $checked_verb in
  install)
    may_install "$@"
    checked_package=$1 checked_version=$2
    # dpkg brings what it was cut off in to an end first: what apt says before that is of no use.
    [ -z "$(dpkg --audit)" ] || return 0
    package_plan=$(apt_quietly --simulate --allow-change-held-packages install --allow-downgrades \
      "$checked_package=$checked_version") || fail 68 "apt-get cannot install $checked_package=$checked_version here"
    package_others=$(printf '%s\n' "$package_plan" | awk '/^(Remv|Purg) / { printf " %s", $2 }')
    [ -z "$package_others" ] || fail 68 "installing $checked_package=$checked_version would remove$package_others"
    ;;
  remove) may_remove "$@" ;;
  *) usage ;;
  esac
}
may_install() { # NAME VERSION DROP-INS that do not count
  [ $# -ge 2 ] || usage
  check_package "$1"
  case $2 in '' | -* | *[!A-Za-z0-9.+:~-]*) usage ;; esac
  package_name=$1 wanted_package_version=$2
  shift 2
  expect_drop_ins "$@"
  # A name that apt does not know would be taken for a pattern.
  apt-cache --quiet policy -- "$package_name" | grep -qxF "$package_name:" ||
    fail 66 "no package $package_name in the sources of this host"
  read_package "$package_name"
  [ "$package_version" = "$wanted_package_version" ] || check_uses "$package_name" "$wanted_package_version" "$@"
}
may_remove() { # NAME DROP-INS that do not count
  [ $# -ge 1 ] || usage
  check_library_package "$1"
  package_name=$1
  shift
  expect_drop_ins "$@"
  check_uses "$package_name" '' "$@"
}
# The drop-ins given after it may lose what they name: they named it before it was there.
verb_package_install() {
  may_install "$@"
  forbid_restarts
  finish_interrupted
  read_package "$package_name"
  # Cut off while its files were put in place: all of them again.
  case $package_status in half-installed) set -- --reinstall ;; *) set -- ;; esac
  apt_quietly install "$@" --no-remove --allow-downgrades "$package_name=$wanted_package_version" ||
    fail 79 "apt-get install $package_name=$wanted_package_version failed"
}
verb_package_remove() {
  may_remove "$@"
  forbid_restarts
  finish_interrupted
  read_package "$package_name"
  if [ "$package_status" = half-installed ]; then
    # apt would want it whole first, from sources that may not have it; dpkg keeps it too where another needs it.
    quietly dpkg --force-remove-reinstreq --remove "$package_name" || fail 79 "dpkg --remove $package_name failed"
    return 0
  fi
  # Only the package itself may go: what needs it would go with it.
  package_plan=$(apt_quietly --simulate --no-auto-remove remove "$package_name") || fail 79 "apt-get remove $package_name failed"
  package_others=$(printf '%s\n' "$package_plan" | awk -v name="$package_name" '/^(Remv|Purg|Inst) / && $2 != name { printf "%s ", $2 }')
  [ -z "$package_others" ] || fail 77 "removing $package_name would change $package_others"
  apt_quietly --no-auto-remove remove "$package_name" || fail 79 "apt-get remove $package_name failed"
}
expect_drop_ins() { # PATHS
  for expected_path in "$@"; do
    class_of "$expected_path"
    [ "$class" = drop-in ] || usage
  done
}

# Libraries that drop-ins of tor's instances name, whoever wrote them: `NAME FILE DROP-IN`, one a line. FILE is where NAME
# leads, `-` where nothing is; a NAME without a slash is one that the loader looks for.
named_libraries() {
  set --
  for named_drop_in in "$root"/etc/systemd/system/tor@*.service.d/*.conf; do
    [ ! -f "$named_drop_in" ] || set -- "$@" "$named_drop_in"
  done
  [ $# -gt 0 ] || return 0
  named_pairs=$(awk '
    /^[ \t]*[#;]/ { next }
    {
      count = split($0, word, /[^A-Za-z0-9_.+\/@,~-]+/)
      for (i = 1; i <= count; i++) if (word[i] ~ /\.so(\.|$)/) print word[i] " " FILENAME
    }' "$@") || fail 79 'cannot read the drop-ins'
  [ -n "$named_pairs" ] || return 0
  named_last=
  printf '%s\n' "$named_pairs" | sort -u | while IFS=' ' read -r named_name named_drop_in; do
    if [ "$named_name" != "$named_last" ]; then
      named_last=$named_name named_file=-
      case $named_name in /*) [ ! -e "$root$named_name" ] || named_file=$(readlink -f -- "$root$named_name") ;; esac
    fi
    printf '%s %s %s\n' "$named_name" "${named_file#"$root"}" "${named_drop_in#"$root"}"
  done
}

# Fails where a relay's next start would miss a library by what is about to happen: a drop-in names a file of PACKAGE, and
# VERSION (empty: none) has no such file. Prints `UNIT DROP-IN NAME` of each.
check_uses() { # PACKAGE VERSION DROP-INS that do not count
  uses_package=$1 uses_version=$2
  shift 2
  read_package "$uses_package"
  [ -n "$package_status" ] || return 0
  named=$(named_libraries) || exit
  uses=$(match_files "$uses_package" "$named" "$@") || exit
  [ -n "$uses" ] || return 0
  if [ -n "$uses_version" ]; then
    list_version "$uses_package" "$uses_version"
    uses=$(printf '%s\n%s\n' "$version_files" "$uses" | awk '
      /^\// { sub(/\/$/, ""); sub(/^\/usr\//, "/"); there[$0] = 1; next }
      !(("/" $1) in there)')
    [ -n "$uses" ] || return 0
  fi
  printf '%s\n' "$uses" | cut -d ' ' -f 2-
  IFS=' ' read -r _ uses_unit uses_drop_in uses_name <<USES
$uses
USES
  uses_others=$(printf '%s\n' "$uses" | awk -v unit="$uses_unit" '$2 != unit && !seen[$2]++ { n++ } END { if (n) print " (and " n " more)" }')
  fail 72 "$uses_unit$uses_others loads $uses_name of $uses_package at its next start, by $uses_drop_in"
}
# Prints `FILE UNIT DROP-IN NAME` where NAME is, or leads to, a file of the package; FILE without the leading / or /usr/,
# which are one on a merged system.
match_files() { # PACKAGE NAMED DROP-INS that do not count
  match_package=$1 match_named=$2
  shift 2
  match_files=$(dpkg-query --listfiles -- "$match_package") || fail 79 "dpkg-query --listfiles $match_package failed"
  printf '%s\n\n%s\n' "$match_files" "$match_named" | awk -v excused=" $* " '
    function plain(path) { sub(/^\/usr\//, "/", path); return path }
    /^$/ { named = 1; next }
    !named { owned[plain($0)] = 1; name = $0; sub(/.*\//, "", name); called[name] = plain($0); next }
    {
      drop_in = $0
      sub(/^[^ ]+ [^ ]+ /, "", drop_in)
      if (index(excused, " " drop_in " ")) next
      file = plain($1) in owned ? plain($1) : plain($2) in owned ? plain($2) : $1 !~ /\// && $1 in called ? called[$1] : ""
      if (file == "") next
      unit = drop_in
      sub(/\.d\/[^\/]*$/, "", unit)
      sub(/.*\//, "", unit)
      gsub(/ /, "?", drop_in)
      print substr(file, 2) " " unit " " drop_in " " $1
    }'
}
# Sets version_files to the paths in VERSION of a package, one a line.
list_version() { # PACKAGE VERSION
  temporary=$(mktemp -d "$root/run/tearless-XXXXXXXX") || fail 73 "cannot make a directory in $root/run"
  # apt downloads as a user of its own where it can.
  [ -n "$root" ] || chown -- _apt: "$temporary" 2>/dev/null || :
  (cd "$temporary" && apt_quietly download "$1=$2" >/dev/null) || fail 79 "apt-get download $1=$2 failed"
  dpkg-deb --fsys-tarfile "$temporary"/*.deb >"$temporary/files.tar" || fail 79 "cannot look into $1 $2"
  version_files=$(tar --list --file "$temporary/files.tar" | sed 's/^\.//') || fail 79 "cannot look into $1 $2"
  rm -rf -- "$temporary"
  temporary=
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

# Whether apt may take the package away once nothing needs it.
verb_package_auto() {
  expect 1 "$@"
  check_package "$1"
  apt-mark auto -- "$1" >/dev/null || fail 79 "apt-mark auto $1 failed"
}
verb_package_manual() {
  expect 1 "$@"
  check_package "$1"
  apt-mark manual -- "$1" >/dev/null || fail 79 "apt-mark manual $1 failed"
}

# Asks nothing, keeps configuration files as they are, waits a minute for another that installs, restarts no daemon.
apt_quietly() { # ARGUMENTS…
  quietly apt-get --quiet=2 --assume-yes --no-install-recommends -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef "$@"
}
quietly() { # COMMAND…
  [ -z "$policy_shadow" ] || set -- unshare --mount --propagation private \
    sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$policy_shadow" "$policy" "$@"
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true APT_LISTCHANGES_FRONTEND=none \
    NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l UCF_FORCE_CONFFOLD=1 "$@" </dev/null
}
policy_shadow=

# dpkg may have been cut off between unpacking and configuring. Where it cannot go on, apt's words that follow say why.
finish_interrupted() {
  quietly dpkg --force-confold --force-confdef --configure -a || printf 'dpkg --configure -a failed\n' >&2
}

# Debian's packages start, stop and restart their daemons through policy-rc.d; ours forbids it for tor while it is needed.
# It forbids nothing once this process is gone, also where a power cut left it behind.
forbid_restarts() {
  policy=$root/usr/sbin/policy-rc.d
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
