#!/bin/sh
# Installs the Debian packages named as arguments so that nothing runs or listens afterwards that did not before: their
# services are neither started now nor enabled for the next boot. Called by scripts/setup.sh, as root, one at a time.
set -eu
policy=/usr/sbin/policy-rc.d
mark='# put here by scripts/packages/install.sh while it installs packages; safe to remove'
state=/var/lib/tearless-setup
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true APT_LISTCHANGES_FRONTEND=none
export NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1 LC_ALL=C.UTF-8

say() { echo "setup: $*"; }

# Runs a command quietly; its last lines are shown when it fails.
quietly() {
  "$@" </dev/null >"$state/log" 2>&1 || {
    code=$?
    tail -n 20 "$state/log"
    say "failed: $*"
    return "$code"
  }
}

apt() { apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"; }

install() {
  apt --no-install-recommends --no-remove -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef \
    install "$@"
}

refresh_lists() { quietly apt update || say "the package lists could not be refreshed; going on with those that are here"; }

lists_are_old() {
  [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null | head -n 1)" ] ||
    [ -n "$(find /var/lib/apt/lists -maxdepth 0 -mtime +7)" ]
}

write_policy() {
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$1.new"
  chmod 755 "$1.new"
  mv "$1.new" "$1"
}

# Services must not start. A policy of someone else stays as it is: where it lets them start, ours covers it, but only in
# the eyes of this script and what it calls.
forbid_starts() {
  policy_is_ours=no
  [ "${TEARLESS_POLICY_COVERED-}" != yes ] || return 0
  if [ ! -e "$policy" ] || grep -qxF "$mark" "$policy"; then
    policy_is_ours=yes
    write_policy "$policy"
    return 0
  fi
  code=0
  "$policy" tearless-setup start >/dev/null 2>&1 || code=$?
  [ "$code" != 101 ] || return 0
  write_policy "$state/policy-rc.d"
  if ! unshare --mount true 2>/dev/null; then
    say "$policy lets services start and cannot be covered here. Install as root, and stop what starts:"
    say "apt-get install --no-install-recommends $*"
    exit 1
  fi
  # shellcheck disable=SC2016
  exec unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 && TEARLESS_POLICY_COVERED=yes exec sh "$@"' \
    - "$state/policy-rc.d" "$policy" "$0" "$@"
}

clean_up() {
  [ "$policy_is_ours" = no ] || rm -f "$policy" "$policy.new"
  rm -f "$state/policy-rc.d"
}

# What starts at boot: enabled units, and init scripts of packages that have no unit.
boot_links() {
  for folder in /etc/systemd/system /etc/systemd/user /etc/rc?.d; do
    [ ! -d "$folder" ] || find "$folder" -type l \( -path '*.wants/*' -o -path '*.requires/*' -o -path '/etc/rc?.d/S*' \)
  done | sort
}

active_units() {
  [ ! -d /run/systemd/system ] ||
    systemctl list-units --plain --no-legend --state=active,activating '*.service' '*.socket' '*.timer' '*.path' |
    cut -d ' ' -f 1 | sort
}

# Names the packages that are new: installed by this run or by one before it that was killed. Written down before they
# are installed, so that the next run can still undo what a killed one did not come to.
note_before() {
  if [ -e "$state/new-packages" ]; then
    quietly dpkg --force-confold --configure -a
  else
    boot_links >"$state/links-before"
    active_units >"$state/units-before"
  fi
  install --simulate "$@" 2>/dev/null </dev/null | sed -n 's/^Inst \([^ ]*\) (.*/\1/p' >>"$state/new-packages"
}

# True when the unit or init script of that name came with a new package.
is_new() {
  dpkg-query --search "*/systemd/system/$1" "*/systemd/user/$1" "*/init.d/$1" 2>/dev/null | cut -d : -f 1 |
    grep -qxFf "$state/new-packages"
}

undo_starts() {
  boot_links | comm -13 "$state/links-before" - | while read -r link; do
    ! is_new "$(basename "$(readlink "$link")")" || rm -f "$link"
  done
  [ -d /run/systemd/system ] || return 0
  systemctl daemon-reload
  active_units | comm -13 "$state/units-before" - | while read -r unit; do
    ! is_new "$(echo "$unit" | sed 's/@.*\./@./')" || systemctl stop "$unit"
  done
}

mkdir -p "$state"
policy_is_ours=no
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
forbid_starts "$@"
if [ $# -gt 0 ]; then say "installing Debian packages: $*"; else say 'finishing an installation that was interrupted'; fi
! lists_are_old || refresh_lists
note_before "$@"
# A package that the mirror replaced since the lists were read is found after reading them again.
if ! install "$@" </dev/null >"$state/log" 2>&1; then
  refresh_lists
  note_before "$@"
  quietly install "$@" || {
    undo_starts
    exit 1
  }
fi
undo_starts
rm -rf "$state"
