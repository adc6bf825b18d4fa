#!/bin/sh
# Tearless helper: does a few fixed things as root for an ordinary user, and nothing else. Rendered from parts; changes
# made here are lost. A request comes on standard input: `tearless VERSION INPUT_BYTES COUNT [NONCE]`, then COUNT lines (the
# verb and its arguments), then INPUT_BYTES bytes. Exit status: 0, or one of exit-status.ts; never 1, which is sudo's own.
set -u
unset IFS CDPATH ENV TMPDIR
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
helper_version='@VERSION@'
# Stands before every path, and owns every directory above them. Empty and root, but in tests.
root='@ROOT@'
owner='@OWNER@'
owner_group='@OWNER_GROUP@'
owner_uid='@OWNER_UID@'
state=$root/var/lib/tearless
[ -z "$root" ] || PATH=$root/usr/bin:$PATH

fail() { # STATUS WORDS
  fail_status=$1
  shift
  printf 'tearless-helper: %s\n' "$*" >&2
  exit "$fail_status"
}
usage() { fail 64 "$verb: wrong arguments"; }
expect() { # COUNT ARGUMENTS…
  expect_count=$1
  shift
  [ $# -eq "$expect_count" ] || usage
}

temporary=
clean() {
  [ -z "$temporary" ] || rm -rf -- "$temporary"
}
trap clean EXIT
trap 'exit 70' HUP INT TERM

# Puts what the caller sent into FILE, whole or not at all: a connection cut half-way must not look like a short file.
spool() { # FILE
  head -c "$input_bytes" >"$1" || fail 73 "cannot write $1"
  spool_bytes=$(wc -c <"$1") || fail 73 "cannot read $1"
  [ "$spool_bytes" -eq "$input_bytes" ] || fail 74 "$spool_bytes of $input_bytes bytes arrived"
}
to_disk() { sync -- "$@" || fail 73 "cannot sync $*"; }

is_name() {
  case $1 in '' | .* | -* | *[!A-Za-z0-9_.@+,-]*) return 1 ;; esac
  [ ${#1} -le 128 ]
}
# Names of tor instances, runs and the like: stand in paths and units.
is_id() {
  case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]* | *..*) return 1 ;; esac
  [ ${#1} -le 64 ]
}
is_number() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  [ ${#1} -le 15 ]
}

verb_hello() {
  expect 0 "$@"
  printf 'version=%s\nuser=%s\nhostname=%s\nkernel=%s\n' "$helper_version" "${SUDO_USER:-}" "$(uname -n)" "$(uname -r)"
}
