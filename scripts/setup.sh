#!/bin/sh
# Brings what a command needs: Node packages, and the Debian packages of the groups named as arguments, each listed in
# scripts/packages/GROUP.txt. Quiet when there is nothing to do; whatever it says goes to standard error.
set -eu
exec >&2
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

say() { echo "setup: $*"; }
die() {
  say "$@"
  exit 1
}

packages=
for group; do
  [ -f "scripts/packages/$group.txt" ] || die "there is no group of packages named '$group' in scripts/packages"
  while read -r package _; do
    case $package in '' | '#'*) ;; *) packages="$packages $package" ;; esac
  done <"scripts/packages/$group.txt"
done

# Sets $missing to those of $packages that are not installed.
find_missing() {
  missing=
  [ -n "$packages" ] || return 0
  # shellcheck disable=SC2086 # one argument a package
  installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' $packages 2>/dev/null) || :
  for package in $packages; do
    case "
$installed
" in
    *"
$package installed
"*) ;;
    *) case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac ;;
    esac
  done
}

# What an installation that was killed has left to be put right (scripts/packages/install.sh).
interrupted() { [ "$(id -u)" = 0 ] && [ -e /var/lib/tearless-setup ]; }

find_missing
if [ -n "$missing" ] || interrupted; then
  command -v apt-get >/dev/null || die "this is no Debian machine; install what matches these Debian packages:$missing"
  [ "$(id -u)" = 0 ] || die "missing Debian packages:$missing
setup: install them as root: apt-get install --no-install-recommends$missing
setup: (or run this command as root, which starts none of their services)"
  mkdir -p /run/lock
  (
    flock 9
    find_missing # another run may have installed them while this one waited
    if [ -n "$missing" ] || interrupted; then
      # Were it the last command, dash would become it, and close the lock with it.
      # shellcheck disable=SC2086
      sh scripts/packages/install.sh $missing 9>&- || exit 1
    fi
  ) 9>/run/lock/tearless-setup.lock
fi

stamp=node_modules/.tearless-setup
node_is_ready() { [ -x node_modules/.bin/node ] && cmp -s package-lock.json "$stamp"; }
if ! node_is_ready; then
  command -v npm >/dev/null || die "npm is missing: install Node 20 or newer, which brings it"
  (
    flock 9
    if ! node_is_ready; then
      say "installing Node packages"
      rm -f "$stamp"
      npm ci --no-audit --no-fund --loglevel=error 9>&-
      cp package-lock.json "$stamp"
    fi
  ) 9<package-lock.json
fi
